"""Vectors of RFC 9180 (base mode, HKDF-SHA256, AES-256-GCM; hexadecimal), and drops sealed once with random keys."""

RFC_9180 = [
    {
        "suite": 16,
        "info": "4f6465206f6e2061204772656369616e2055726e",
        "private": "317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2",
        "public": (
            "04abc7e49a4c6b3566d77d0304addc6ed0e98512ffccf505e6a8e3eb25c685136f853148544876de"
            "76c0f2ef99cdc3a05ccf5ded7860c7c021238f9e2073d2356c"
        ),
        "ephemeral": "90345e3a1d116c1dd39ae76d95ab858c142223a63e44f8f85318cfa91a84858e",
        "enc": (
            "04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e0b21bd31a86c60"
            "48af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0"
        ),
        "aad": "436f756e742d30",
        "plain": "4265617574792069732074727574682c20747275746820626561757479",
        "sealed": "58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d291742465e902cd216f8908da49f8f96f",
    },
    {
        "suite": 32,
        "info": "4f6465206f6e2061204772656369616e2055726e",
        "private": "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d",
        "public": "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c",
        "ephemeral": "179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11",
        "enc": "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256",
        "aad": "436f756e742d30",
        "plain": "4265617574792069732074727574682c20747275746820626561757479",
        "sealed": "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a",
    },
]
DROP_PUBLIC = {
    16: ("BOVMmOwYhxhvr0uUoteGqKX5V_K3-bAD8uLdlI33GXRYi6kAcEtc1HKt157z9-2uTBOHCj1I7hgPUnaHwG5OtGs"),
    32: ("z5jCN1NGlSu7jmqzywW88QPeOtd4lipzknj8rrQLKV4"),
}
DROP_SEALED = {
    16: (
        "BLRpJmatsjqNILK5zaBa4tRksELvo0wvUy8vsR_X7QtPVaeKKU4iPRm_K9OLo8xOegOQxfjKHUNVhiTe"
        "reCqfk4JRWKLXZ2JjkBB9d7p8N8XkmbXAyRbk-HI5ffc1TBS5d8sVXFN9jtp-BoIesXn62Q"
    ),
    32: ("JAuIs1X5LNzt-XdsLMUAwIFNZxSvQH6rS66DJtxLCFnyNJGkQDpJc4xA9yCfP2qDEWxkBmJ3VGUqX_A-BoLoDaa7Q9Hqm5GOY0udVxLe42Q"),
}
