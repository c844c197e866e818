// Base64: what is decoded encodes to the same text, in place too; what is encoded decodes to the same bytes.
#include <siokit/text/base64.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

namespace {

using namespace siokit;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<char[]> block(new char[size]);
  if (size != 0) std::memcpy(block.get(), data, size);
  const std::string_view text(block.get(), size);

  const std::size_t n = base64::decoded_size(text);
  const std::unique_ptr<std::byte[]> out(new std::byte[n]);
  const bool good = base64::decode(text, out.get()) == errc::none;
  if (good) {
    require(base64::encoded_size(n) == size);
    std::string again(size, '?');
    require(base64::encode({out.get(), n}, again.data()) == again.data() + size && again == text);
  }

  std::string coded(base64::encoded_size(size), '?');
  require(base64::encode(as_bytes(text), coded.data()) == coded.data() + coded.size());
  require(base64::decoded_size(coded) == size);
  require(base64::decode(coded, reinterpret_cast<std::byte*>(coded.data())) == errc::none);
  require(std::string_view(coded).substr(0, size) == text);
  std::string id(base64::url_size(size), '?');
  require(base64::encode_url(as_bytes(text), id.data()) == id.data() + id.size());
  return 0;
}
