// What browsers have and TypeScript's DOM library does not name: save pickers, OPFS handles in workers.

export type Bytes = Uint8Array<ArrayBuffer>;

export interface SavePickers {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
  showDirectoryPicker?(options: { mode: "readwrite"; id: string }): Promise<FileSystemDirectoryHandle>;
}

export interface OpenPickers {
  showOpenFilePicker?(options: { multiple: true }): Promise<FileSystemFileHandle[]>;
}

/** One of the things that were dropped. */
export interface DropItem extends DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

/** A handle that was kept must be allowed again. */
export interface Permitted extends FileSystemHandle {
  queryPermission?(how: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(how: { mode: "read" }): Promise<PermissionState>;
}

export interface SyncHandle {
  write(bytes: Bytes, options: { at: number }): number;
  flush(): void;
  close(): void;
}

export interface WorkerFile extends FileSystemFileHandle {
  createSyncAccessHandle?(): Promise<SyncHandle>;
  remove?(): Promise<void>;
}

/** The listed names of a folder; `keys` is missing in TypeScript's library. */
export function namesIn(folder: FileSystemDirectoryHandle): AsyncIterable<string> {
  return (folder as unknown as { keys(): AsyncIterable<string> }).keys();
}
