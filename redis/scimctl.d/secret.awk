# Secrets from lines of 64 hexadecimal digits: "scim_", the 32 bytes in
# base64url, and the CRC-32 of both in six digits of base 62, by which a tool
# that searches for leaked secrets knows one for what it is.

BEGIN {
    hex = "0123456789abcdef"
    base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    for (i = 32; i < 127; i++)
        code[sprintf("%c", i)] = i

    # awk has no exclusive or: a table of it for four bits
    for (i = 0; i < 16; i++)
        for (k = 0; k < 16; k++)
            for (bit = 1; bit < 16; bit *= 2)
                differ[i, k] += bit * ((int(i / bit) + int(k / bit)) % 2)

    # CRC-32 of four bits, lowest digit first
    split("00000000 46017bd1 8c02e6b3 ca039d62 0914cd67 4f15b6b6 85162bd4" \
          " c3175005 02388bde 4439f00f 8e3a6d6d c83b16bc 0b2c46b9 4d2d3d68" \
          " 872ea00a c12fdbdb", words, " ")
    for (i = 0; i < 16; i++)
        for (k = 0; k < 8; k++)
            table[i, k] = index(hex, substr(words[i + 1], k + 1, 1)) - 1
}


function nibble(text, at) { return index(hex, substr(text, at, 1)) - 1 }


function encode(text,    i, out, n) {
    text = text "00"
    for (i = 1; i <= 64; i += 3) {
        n = nibble(text, i) * 256 + nibble(text, i + 1) * 16 \
            + nibble(text, i + 2)
        out = out substr(base64, int(n / 64) + 1, 1)
        if (i < 64)
            out = out substr(base64, n % 64 + 1, 1)
    }
    return out
}


function crc_step(value,    i, k) {
    i = differ[crc[0], value]
    for (k = 0; k < 7; k++)
        crc[k] = differ[crc[k + 1], table[i, k]]
    crc[7] = table[i, 7]
}


function checksum(text,    i, k, n, out) {
    for (k = 0; k < 8; k++)
        crc[k] = 15
    for (i = 1; i <= length(text); i++) {
        n = code[substr(text, i, 1)]
        crc_step(n % 16)
        crc_step(int(n / 16))
    }
    n = 0
    for (k = 7; k >= 0; k--)
        n = n * 16 + 15 - crc[k]
    for (i = 0; i < 6; i++) {
        out = substr(base62, n % 62 + 1, 1) out
        n = int(n / 62)
    }
    return out
}


length($0) == 64 {
    secret = "scim_" encode($0)
    print secret checksum(secret)
}
