// Argon2id in WebAssembly, which browsers lack; instantiated only when a link asks for it.
import { argon2id as compute } from "hash-wasm";
import type { Bytes } from "./bytes";

/** 32 bytes of Argon2id version 1.3; `memory` in KiB. An empty password is refused, as the library does. */
export async function argon2id(
  password: Bytes,
  salt: Bytes,
  memory: number,
  passes: number,
  lanes: number,
): Promise<Bytes> {
  const options = { password, salt, memorySize: memory, iterations: passes, parallelism: lanes, hashLength: 32 };
  return new Uint8Array(await compute({ ...options, outputType: "binary" }));
}
