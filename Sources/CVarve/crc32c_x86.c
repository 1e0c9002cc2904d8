// CRC-32C with the instructions of x86-64.
//
// Bits stand reflected, as the crc32 instruction wants them: bit i of a register of 32 is the
// coefficient of x^(31−i), bit i of a word of 64 that of x^(63−i). The carry-less product of two
// such words comes out one place off, hence the odd exponents below. Every constant is
//
//     K(n) = x^n mod P, reflected in 32 bits, held in the low half of a word of 64
//
// and moves what it multiplies n + 33 bits (a register) or n − 31 and n + 33 bits (the first and
// the second word of a block) nearer to the end of the bytes.
// Source: Gopal et al., "Fast CRC computation for generic polynomials using PCLMULQDQ", 2009.

#if defined(__x86_64__)

#include "crc32c_kernels.h"

#include <immintrin.h>

// --- SSE4.2: three streams, joined by PCLMULQDQ ----------------------------------------------

// The crc32 instruction takes three cycles and starts one each cycle, so three streams at a time
// keep it busy.

static int sse42_is_available(void) {
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}

/// Three neighbouring stretches of `size` bytes; `two` is K(16·size − 33), `one` K(8·size − 33).
__attribute__((target("sse4.2,pclmul"), always_inline))
static inline uint64_t run_three(
    uint64_t state, const unsigned char *bytes, size_t size, uint32_t two, uint32_t one) {
    uint64_t second = 0, third = 0;
    for (size_t place = 0; place < size; place += 8) {
        state = _mm_crc32_u64(state, load64(bytes + place));
        second = _mm_crc32_u64(second, load64(bytes + size + place));
        third = _mm_crc32_u64(third, load64(bytes + 2 * size + place));
    }
    __m128i moved_two = _mm_clmulepi64_si128(
        _mm_cvtsi64_si128((long long)state), _mm_cvtsi32_si128((int)two), 0);
    __m128i moved_one = _mm_clmulepi64_si128(
        _mm_cvtsi64_si128((long long)second), _mm_cvtsi32_si128((int)one), 0);
    uint64_t moved = (uint64_t)_mm_cvtsi128_si64(_mm_xor_si128(moved_two, moved_one));
    return third ^ _mm_crc32_u64(0, moved);
}

__attribute__((target("sse4.2,pclmul")))
static uint32_t run_sse42(uint32_t start, const unsigned char *bytes, size_t count) {
    uint64_t state = start;
    for (; count >= 3 * 4096; count -= 3 * 4096, bytes += 3 * 4096) {
        state = run_three(state, bytes, 4096, 0x54A86326, 0x82F89C77);
    }
    for (; count >= 3 * 512; count -= 3 * 512, bytes += 3 * 512) {
        state = run_three(state, bytes, 512, 0x170076FA, 0xDD7E3B0C);
    }
    for (; count >= 3 * 64; count -= 3 * 64, bytes += 3 * 64) {
        state = run_three(state, bytes, 64, 0x0D3B6092, 0x9E4ADDF8);
    }
    for (; count >= 8; count -= 8, bytes += 8) state = _mm_crc32_u64(state, load64(bytes));
    uint32_t end = (uint32_t)state;
    for (; count > 0; count--, bytes++) end = _mm_crc32_u8(end, *bytes);
    return end;
}

const struct crc32c_kernel varve_crc32c_sse42 = {"sse4.2", sse42_is_available, run_sse42};

// --- AVX-512: sixteen blocks of 16 bytes folded at a time --------------------------------------

static int avx512_is_available(void) {
    return sse42_is_available() && __builtin_cpu_supports("avx512f")
        && __builtin_cpu_supports("vpclmulqdq");
}

#define AVX512 __attribute__((target("sse4.2,pclmul,avx512f,vpclmulqdq")))
#define AVX512_INLINE __attribute__((target("sse4.2,pclmul,avx512f,vpclmulqdq"), always_inline))

/// K(8·size + 31) and K(8·size − 33) in each lane: moves a block `size` bytes further.
AVX512_INLINE
static inline __m512i movers(uint32_t first, uint32_t second) {
    return _mm512_broadcast_i32x4(_mm_set_epi64x(second, first));
}

/// Moves the four blocks in `blocks` and adds them to those in `onto`.
AVX512_INLINE
static inline __m512i fold(__m512i blocks, __m512i movers, __m512i onto) {
    __m512i first = _mm512_clmulepi64_epi128(blocks, movers, 0x00);
    __m512i second = _mm512_clmulepi64_epi128(blocks, movers, 0x11);
    return _mm512_ternarylogic_epi64(first, second, onto, 0x96);  // The XOR of all three.
}

AVX512
static uint32_t run_avx512(uint32_t state, const unsigned char *bytes, size_t count) {
    if (count < 256) return run_sse42(state, bytes, count);
    __m512i a = _mm512_loadu_si512(bytes), b = _mm512_loadu_si512(bytes + 64);
    __m512i c = _mm512_loadu_si512(bytes + 128), d = _mm512_loadu_si512(bytes + 192);
    // Starting from `state` is the same as starting from 0 with `state` added to the first bytes.
    a = _mm512_xor_si512(a, _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)state)));
    count -= 256, bytes += 256;

    const __m512i by_256 = movers(0xDCB17AA4, 0xB9E02B86);
    for (; count >= 256; count -= 256, bytes += 256) {
        a = fold(a, by_256, _mm512_loadu_si512(bytes));
        b = fold(b, by_256, _mm512_loadu_si512(bytes + 64));
        c = fold(c, by_256, _mm512_loadu_si512(bytes + 128));
        d = fold(d, by_256, _mm512_loadu_si512(bytes + 192));
    }
    d = fold(c, movers(0x740EEF02, 0x9E4ADDF8), d);
    d = fold(b, movers(0x6992CEA2, 0x0D3B6092), d);
    d = fold(a, movers(0xA87AB8A8, 0xAB7AFF2A), d);
    for (; count >= 64; count -= 64, bytes += 64) {
        d = fold(d, movers(0x740EEF02, 0x9E4ADDF8), _mm512_loadu_si512(bytes));
    }

    // Three lanes move 48, 32 and 16 bytes; the last one stays where it is.
    const __m512i to_last = _mm512_set_epi64(
        0, 0, 0x493C7D27, 0xF20C0DFE, 0xBA4FC28E, 0x3DA6D0CB, 0xDDC0152B, 0x1C291D04);
    __m512i moved = fold(d, to_last, _mm512_maskz_mov_epi64(0xC0, d));
    __m128i block = _mm_xor_si128(
        _mm_xor_si128(_mm512_extracti32x4_epi32(moved, 0), _mm512_extracti32x4_epi32(moved, 1)),
        _mm_xor_si128(_mm512_extracti32x4_epi32(moved, 2), _mm512_extracti32x4_epi32(moved, 3)));
    uint64_t end = _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(block));
    end = _mm_crc32_u64(end, (uint64_t)_mm_extract_epi64(block, 1));
    return run_sse42((uint32_t)end, bytes, count);
}

const struct crc32c_kernel varve_crc32c_avx512 = {"avx512", avx512_is_available, run_avx512};

#endif
