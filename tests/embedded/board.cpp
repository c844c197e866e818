// Start-up, heap and semihosting for a Cortex-M3 (board.hpp). The heap is newlib's malloc over one static block, so that
// the library's hooks and operator new share it and one mark counts both.
#include "board.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

extern "C" {
extern char data_from[], data_begin[], data_end[], bss_begin[], bss_end[], stack_limit[], stack_top[];
extern void (*__preinit_array_start[])();
extern void (*__init_array_start[])();
extern void (*__init_array_end[])();
int main();
void reset();
void fault();
}

namespace {

constexpr std::size_t heap_size = 64 * 1024;
alignas(8) char heap[heap_size] __attribute__((section(".heap")));
std::size_t heap_used = 0;

constexpr std::uint32_t pattern = 0x5a5a5a5a;

int semihosting(int operation, const void* argument) {
  register int r0 asm("r0") = operation;
  register const void* r1 asm("r1") = argument;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

}  // namespace

extern "C" {

__attribute__((section(".vectors"), used)) void* const vectors[16] = {
    stack_top, reinterpret_cast<void*>(&reset), reinterpret_cast<void*>(&fault), reinterpret_cast<void*>(&fault),
    reinterpret_cast<void*>(&fault), reinterpret_cast<void*>(&fault), reinterpret_cast<void*>(&fault)};

void reset() {
  std::memcpy(data_begin, data_from, static_cast<std::size_t>(data_end - data_begin));
  std::memset(bss_begin, 0, static_cast<std::size_t>(bss_end - bss_begin));
  for (auto each = __init_array_start; each != __init_array_end; ++each) (*each)();
  (void)main();
  board::leave(false);
}

void fault() {
  board::write("fault\n");
  board::leave(false);
}

void* _sbrk(std::ptrdiff_t n) {
  if (n < 0 ? heap_used < static_cast<std::size_t>(-n) : heap_size - heap_used < static_cast<std::size_t>(n)) {
    errno = ENOMEM;
    return reinterpret_cast<void*>(-1);
  }
  void* const at = heap + heap_used;
  heap_used = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(heap_used) + n);
  return at;
}

// The standard library asks for them and never calls them here.
[[noreturn]] void _exit(int) { board::leave(false); }
int _kill(int, int) { return -1; }
int _getpid() { return 1; }
int _write(int, const char*, int n) { return n; }
int _read(int, char*, int) { return 0; }
int _close(int) { return -1; }
int _fstat(int, void*) { return -1; }
int _isatty(int) { return 1; }
int _lseek(int, int, int) { return 0; }
[[noreturn]] void __cxa_pure_virtual() { board::leave(false); }
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }  // nothing ends here
void* __dso_handle = nullptr;
}

void* operator new(std::size_t n) {
  void* const at = board::take(n);
  if (at == nullptr) {
    board::write("out of memory\n");
    board::leave(false);
  }
  return at;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

namespace board {

void write(std::string_view text) {
  char line[64];
  while (!text.empty()) {
    const std::size_t n = text.size() < sizeof line - 1 ? text.size() : sizeof line - 1;
    std::memcpy(line, text.data(), n);
    line[n] = '\0';
    (void)semihosting(0x04, line);  // SYS_WRITE0
    text.remove_prefix(n);
  }
}

void leave(bool good) {
  constexpr std::uintptr_t application_exit = 0x20026, run_time_error = 0x20023;
  (void)semihosting(0x18, reinterpret_cast<const void*>(good ? application_exit : run_time_error));  // SYS_EXIT
  while (true) {
  }
}

std::string_view decimal(int x) {
  static char text[4][12];
  static unsigned turn = 0;
  char* const end = text[turn++ % 4] + 12;
  char* at = end;
  const bool negative = x < 0;
  unsigned rest = negative ? 0u - static_cast<unsigned>(x) : static_cast<unsigned>(x);
  do *--at = static_cast<char>('0' + rest % 10);
  while ((rest /= 10) != 0);
  if (negative) *--at = '-';
  return {at, static_cast<std::size_t>(end - at)};
}

void* take(std::size_t n) { return std::malloc(n); }
void give(void* block, std::size_t) { std::free(block); }
// sbrk never gives back, so what it gave is the most there was.
std::size_t heap_peak() { return heap_used; }

void paint_stack() {
  std::uint32_t here = 0;
  for (auto* at = reinterpret_cast<std::uint32_t*>(stack_limit); at + 16 < &here; ++at) *static_cast<volatile std::uint32_t*>(at) = pattern;
}

std::size_t stack_peak() {
  const auto* at = reinterpret_cast<const std::uint32_t*>(stack_limit);
  while (at != reinterpret_cast<const std::uint32_t*>(stack_top) && *at == pattern) ++at;
  return static_cast<std::size_t>(stack_top - reinterpret_cast<const char*>(at));
}

}  // namespace board
