/* The signature kernel of operators/kernels/minhash.py for words, as one would write it in C: what that one is measured by.
   Definition: operators/kernels/tokens.py and shingles.py. Compiled by benchmarks/signature_kernel.py. */
#include <stdint.h>
#include <string.h>

enum { BLOCK = 512, SWEEP = 8, INSIDE = 0, ALONE = 2, MOST_TOKENS = 64 };
static const uint64_t C1 = 0x87C37B91114253D5u, C2 = 0x4CF5AD432745937Fu, K = 0x9E3779B97F4A7C15u;
static const uint64_t ONES = 0x0101010101010101u;

static inline uint64_t mix(uint64_t k) {
    k = (k ^ k >> 33) * 0xFF51AFD7ED558CCDu;
    k = (k ^ k >> 33) * 0xC4CEB9FE1A85EC53u;
    return k ^ k >> 33;
}

static inline uint64_t absorb(uint64_t h, uint64_t chunk) {
    h = (h ^ chunk) * C1;
    return h ^ h >> 32;
}

/* The code point at `at`; its width in bytes in *width. What starts no character is U+FFFD and one byte wide. */
static uint32_t decode(const uint8_t *at, const uint8_t *stop, int *width) {
    uint32_t lead = *at;
    *width = 1;
    if (lead < 0x80) return lead;
    int size = 2 + (lead >= 0xE0) + (lead >= 0xF0);
    if (lead < 0xC2 || lead > 0xF4 || at + size > stop) return 0xFFFD;
    uint32_t code = lead & (0x7F >> size);
    for (int i = 1; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80) return 0xFFFD;
        code = code << 6 | (at[i] & 0x3F);
    }
    *width = size;
    return code < 0x10FFFF ? code : 0x10FFFF;
}

static uint64_t hash_bytes(const uint8_t *at, const uint8_t *stop) {
    uint64_t h = C2, length = stop - at;
    for (; stop - at >= 8; at += 8) {
        uint64_t chunk;
        memcpy(&chunk, at, 8);
        h = absorb(h, chunk);
    }
    if (at < stop) {
        uint64_t chunk = 0;
        memcpy(&chunk, at, stop - at);
        h = absorb(h, chunk);
    }
    return mix(h ^ length);
}

/* Words from `at` into tokens[count..room); returns where to go on. Loads of eight bytes stay below `end`. */
static const uint8_t *hash_words(const uint8_t *at, const uint8_t *stop, const uint8_t *end, const uint8_t *kinds,
                                 uint64_t *tokens, int64_t room, int64_t *count) {
    int64_t n = *count;
    while (at < stop && n < room) {
        const uint8_t *start = at;
        uint64_t h = C2, chunk = 0;
        int64_t size = 8;
        while (end - at >= 8) {
            memcpy(&chunk, at, 8);
            uint64_t flags = ((chunk - 0x21 * ONES) | chunk) & 0x80 * ONES;
            size = flags ? __builtin_ctzll(flags) >> 3 : 8;
            if (size > stop - at) size = stop - at;
            if (size < 8) break;
            h = absorb(h, chunk);
            at += 8;
        }
        const uint8_t *after = at + size;
        if (size < 8 && (after == stop || *after < 0x80)) {
            if (size) h = absorb(h, chunk & (~(uint64_t)0 >> (64 - 8 * size)));
            if (after > start) tokens[n++] = mix(h ^ (uint64_t)(after - start));
            at = after + 1;
            continue;
        }
        int kind = INSIDE, width = 0;
        for (at = start; at < stop; at += width) {
            kind = kinds[decode(at, stop, &width)];
            if (kind != INSIDE) break;
        }
        if (at == start) {
            at += width;
            if (kind != ALONE) continue;
        }
        tokens[n++] = hash_bytes(start, at);
    }
    *count = n;
    return at < stop ? at : stop;
}

static void lower(uint32_t *restrict lanes, const uint32_t *restrict a, const uint32_t *restrict b, int64_t k, uint32_t *x,
                  int64_t count) {
    for (int64_t i = count; i % SWEEP; i++) x[i] = x[count - 1];
    for (int64_t i = 0; i < count; i += SWEEP)
        for (int64_t j = 0; j < k; j++) {
            uint32_t low = lanes[j];
            for (int s = 0; s < SWEEP; s++) {
                uint32_t y = x[i + s] * a[j] + b[j];
                low = y < low ? y : low;
            }
            lanes[j] = low;
        }
}

/* signatures: rows * k, filled with ones; twins: rows * 2; shingles: rows. n is at most MOST_TOKENS. */
void sketch(const int64_t *offsets, int64_t rows, const uint8_t *data, int64_t bytes, const uint8_t *kinds, int64_t n,
            const uint32_t *a, const uint32_t *b, int64_t k, uint32_t *signatures, uint64_t *twins, int64_t *shingles) {
    uint64_t tokens[BLOCK + MOST_TOKENS], s[BLOCK], top = 1;
    uint32_t x[BLOCK + SWEEP];
    for (int64_t i = 1; i < n; i++) top *= K;
    for (int64_t row = 0; row < rows; row++) {
        const uint8_t *at = data + offsets[row], *start = at, *stop = data + offsets[row + 1];
        uint64_t plain = 0, mixed = 0;
        int64_t m = 0, total = 0;
        do {
            int first = at == start;
            at = hash_words(at, stop, data + bytes, kinds, tokens, BLOCK + n - 1, &m);
            uint64_t h = 0;
            for (int64_t i = 0; i < m && i < n - 1; i++) h = h * K + tokens[i];
            int64_t made = m - n + 1;
            if (m < n) {
                made = first && at == stop;
                s[0] = h + (uint64_t)(m - n);
            } else {
                for (int64_t i = 0; i < made; i++) {
                    h = h * K + tokens[i + n - 1];
                    s[i] = h;
                    h -= tokens[i] * top;
                }
                m = n - 1;
                memmove(tokens, tokens + made, m * sizeof *tokens);
            }
            for (int64_t i = 0; i < made; i++) {
                s[i] = mix(s[i]);
                plain += s[i];
                mixed += mix(s[i] + C1);
                x[i] = s[i] >> 32;
            }
            lower(signatures + row * k, a, b, k, x, made);
            total += made;
        } while (at < stop);
        twins[2 * row] = mix(plain + (uint64_t)total);
        twins[2 * row + 1] = mix(mixed + (uint64_t)total);
        shingles[row] = total;
    }
}
