// What the program needs of the board: text out, an exit status, a static heap and the marks of how much was used.
// Output goes through ARM semihosting (SYS_WRITE0, SYS_EXIT), which qemu answers.
#pragma once

#include <cstddef>
#include <string_view>

namespace board {

/// Text without zeros.
void write(std::string_view text);
template <class... T>
void print(const T&... text) {
  (write(text), ...);
}
/// Ends the program.
[[noreturn]] void leave(bool good);

/// A number as text, valid until the next call but three.
std::string_view decimal(int x);

/// A block of the static heap, aligned to 8, or null.
void* take(std::size_t n);
void give(void* block, std::size_t n);
/// Bytes of the heap that were ever in use.
std::size_t heap_peak();

/// Fills the unused stack with a pattern, for stack_peak().
void paint_stack();
std::size_t stack_peak();

}  // namespace board
