// Bodies of ws/header.hpp.
#pragma once

#include <bit>
#include <cstring>

#if SIOKIT_BODIES
SIOKIT_NAMESPACE_BEGIN

namespace ws {

SIOKIT_INLINE std::size_t encode(header& head, std::span<std::byte, longest_header> out) noexcept {
  const unsigned first = (head.fin ? 0x80u : 0u) | (head.reserved & 7u) << 4 | static_cast<unsigned>(head.what);
  const unsigned extra = head.length < 126 ? 0u : head.length < 65536 ? 2u : 8u;
  const unsigned length = extra == 0 ? static_cast<unsigned>(head.length) : extra == 2 ? 126u : 127u;
  out[0] = static_cast<std::byte>(first);
  out[1] = static_cast<std::byte>((head.masked ? 0x80u : 0u) | length);
  for (unsigned i = 0; i < extra; ++i) out[2 + i] = static_cast<std::byte>(head.length >> (8 * (extra - 1 - i)) & 0xff);
  if (head.masked) std::memcpy(out.data() + 2 + extra, head.key.data(), head.key.size());
  head.size = static_cast<std::uint8_t>(2 + extra + (head.masked ? 4 : 0));
  return head.size;
}

SIOKIT_INLINE bool decode(bytes_view in, header& out) noexcept {
  if (in.size() < 2) return false;
  const unsigned first = as_number(in[0]);
  const unsigned second = as_number(in[1]);
  const unsigned length = second & 0x7f;
  const unsigned extra = length < 126 ? 0u : length == 126 ? 2u : 8u;
  const bool masked = (second & 0x80) != 0;
  const unsigned size = 2 + extra + (masked ? 4 : 0);
  if (in.size() < size) return false;
  out.what = static_cast<opcode>(first & 15);
  out.fin = (first & 0x80) != 0;
  out.reserved = static_cast<std::uint8_t>(first >> 4 & 7);
  out.masked = masked;
  out.length = extra == 0 ? length : 0;
  for (unsigned i = 0; i < extra; ++i) out.length = out.length << 8 | as_number(in[2 + i]);
  if (masked) std::memcpy(out.key.data(), in.data() + 2 + extra, 4);
  out.size = static_cast<std::uint8_t>(size);
  return true;
}

// The key for payload that begins at this offset, as a word: a step repeats it in registers. Written to memory piece by piece and
// read as a whole, it would make the CPU wait.
inline std::uint32_t key_word(const mask_key& key, std::size_t offset) noexcept {
  const int turn = static_cast<int>(8 * (offset & 3));
  std::uint32_t word = 0;
  std::memcpy(&word, key.data(), sizeof word);
  return std::endian::native == std::endian::little ? std::rotr(word, turn) : std::rotl(word, turn);
}

// A step: what it works on, and the key as often as that holds it.
template <class Word>
struct word_step {
  using vector = Word;
  static vector repeated(std::uint32_t key) noexcept { return static_cast<Word>(key) * (static_cast<Word>(-1) / 0xffffffff); }
};

// Masks in steps, of which there is at least one. The last one ends with the data, over bytes that the one before it may have
// as well: it is computed before they change.
template <class Step>
inline bool mask_in_steps(mutable_bytes data, const mask_key& key) noexcept {
  using vector = typename Step::vector;
  const auto load = [&](std::size_t i) {
    vector v;
    std::memcpy(&v, data.data() + i, sizeof v);
    return v;
  };
  const std::size_t last = data.size() - sizeof(vector);
  const vector k = Step::repeated(key_word(key, 0));
  const vector end = load(last) ^ Step::repeated(key_word(key, last));
  vector all = end;
  for (std::size_t i = 0; i < last; i += sizeof(vector)) {
    const vector plain = load(i) ^ k;
    all |= plain;
    std::memcpy(data.data() + i, &plain, sizeof plain);
  }
  std::memcpy(data.data() + last, &end, sizeof end);
  std::uint64_t words[(sizeof all + 7) / 8]{};
  std::memcpy(words, &all, sizeof all);
  for (const std::uint64_t w : words) words[0] |= w;
  return (words[0] & scan::word::high) == 0;
}

SIOKIT_INLINE bool apply_mask_portable(mutable_bytes data, const mask_key& key) noexcept {
  if (data.size() >= 8) return mask_in_steps<word_step<std::uint64_t>>(data, key);
  if (data.size() >= 4) return mask_in_steps<word_step<std::uint32_t>>(data, key);
  std::byte all{0};
  for (std::size_t i = 0; i < data.size(); ++i) all |= data[i] ^= key[i];
  return as_number(all) < 0x80;
}

#if defined(__GNUC__) && (defined(SIOKIT_SSE2) || defined(SIOKIT_NEON))
struct native_step {
  using vector = unsigned char __attribute__((vector_size(16)));
  static vector repeated(std::uint32_t key) noexcept {
    using words = std::uint32_t __attribute__((vector_size(16)));
    return reinterpret_cast<vector>(words{} + key);
  }
};
#else
using native_step = word_step<std::uint64_t>;
#endif

#ifdef SIOKIT_AVX2
// mask_in_steps() for another instruction set, which a template cannot take from who instantiates it, two steps at a time.
SIOKIT_AVX2 SIOKIT_INLINE bool apply_mask_wide(mutable_bytes data, const mask_key& key) noexcept {
  using scan::avx2;
  using words = std::uint32_t __attribute__((vector_size(32)));
  constexpr std::size_t step = avx2::width;
  std::byte* const at = data.data();
  const auto unmasked = [at](std::size_t i, avx2::vector k) SIOKIT_AVX2 { return avx2::load(at + i) ^ k; };
  const auto store = [at](std::size_t i, avx2::vector v) SIOKIT_AVX2 { std::memcpy(at + i, &v, sizeof v); };
  const std::size_t last = data.size() - step;
  const auto k = reinterpret_cast<avx2::vector>(words{} + key_word(key, 0));
  const avx2::vector end = unmasked(last, reinterpret_cast<avx2::vector>(words{} + key_word(key, last)));
  avx2::vector all = end;
  std::size_t i = 0;
  for (; i + step < last; i += 2 * step) {
    const avx2::vector first = unmasked(i, k), second = unmasked(i + step, k);
    all |= first | second;
    store(i, first);
    store(i + step, second);
  }
  if (i < last) {
    const avx2::vector plain = unmasked(i, k);
    all |= plain;
    store(i, plain);
  }
  store(last, end);
  return avx2::top_bits(all) == 0;
}
#endif

SIOKIT_INLINE bool apply_mask(mutable_bytes data, const mask_key& key) noexcept {
#ifdef SIOKIT_AVX2
  if (data.size() >= 128 && scan::has_wider()) return apply_mask_wide(data, key);
#endif
  if (data.size() < sizeof(native_step::vector)) return apply_mask_portable(data, key);
  return mask_in_steps<native_step>(data, key);
}

SIOKIT_INLINE void put_frame(frame_builder& out, opcode what, bytes_view first, bytes_view rest, const mask_key* key) noexcept {
  header head{.what = what, .masked = key != nullptr, .length = first.size() + rest.size()};
  if (key != nullptr) head.key = *key;
  std::array<std::byte, longest_header> start;
  const std::size_t size = encode(head, start);
  const std::size_t length = first.size() + rest.size();
  char* const at = out.reserve(size + length);
  if (at == nullptr) return;
  std::memcpy(at, start.data(), size);
  if (!first.empty()) std::memcpy(at + size, first.data(), first.size());
  if (!rest.empty()) std::memcpy(at + size + first.size(), rest.data(), rest.size());
  if (key != nullptr) (void)apply_mask({reinterpret_cast<std::byte*>(at) + size, length}, *key);
  out.commit(at + size + length);
}

SIOKIT_INLINE frame whole_frame(pool& from, opcode what, bytes_view payload, const mask_key* key) noexcept {
  SIOKIT_ASSERT(!is_control(what) || payload.size() <= longest_control, "a control frame holds 125 bytes");
  frame_builder out(from, longest_header + payload.size());
  put_frame(out, what, payload, {}, key);
  return out.finish(frame_kind::raw);
}

SIOKIT_INLINE frame close_frame(pool& from, std::uint16_t code, std::string_view why, const mask_key* key) noexcept {
  if (code == no_code) return whole_frame(from, opcode::close, {}, key);
  std::size_t n = why.size();
  if (n > longest_control - 2) {
    n = longest_control - 2;
    while (n != 0 && (static_cast<unsigned char>(why[n]) & 0xc0) == 0x80) --n;
  }
  std::array<std::byte, longest_control> payload;
  payload[0] = static_cast<std::byte>(code >> 8);
  payload[1] = static_cast<std::byte>(code & 0xff);
  if (n != 0) std::memcpy(payload.data() + 2, why.data(), n);
  return whole_frame(from, opcode::close, bytes_view(payload).first(2 + n), key);
}

}  // namespace ws

SIOKIT_NAMESPACE_END
#endif
