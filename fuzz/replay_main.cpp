// Runs a fuzz target over files instead of over luck: each file in the given folders, or each given file, once.
// It is how every compiler and sanitizer of the test builds sees the seeds, and how a crash found elsewhere is looked at.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // A block of exactly this size, so that a sanitizer sees a read one past the end. Never null, as in libFuzzer.
  const auto block = std::make_unique<std::uint8_t[]>(text.size());
  std::copy(text.begin(), text.end(), block.get());
  // Named before it runs: the last name printed is the one that crashed.
  std::printf("%s\n", path.string().c_str());
  std::fflush(stdout);
  LLVMFuzzerTestOneInput(block.get(), text.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) run(path);
  std::printf("%zu inputs replayed\n", files.size());
  return files.empty() ? 1 : 0;
}
