// Runs every transcript of this folder in all ways, and shows that the runner notices when something is not as
// expected. SIOKIT_TRANSCRIPT=FILE runs that file alone; SIOKIT_LONG=1 cuts each in more random ways.
#include <algorithm>
#include <cstdlib>

#include "catch.hpp"
#include "transcripts/runner.hpp"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files() {
  if (const char* one = std::getenv("SIOKIT_TRANSCRIPT")) return {fs::path(one)};
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(SIOKIT_TESTS_DIR) / "transcripts"))
    if (entry.path().extension() == ".txt") out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

std::string run_text(const std::string& text, const transcripts::mode& how = {}) {
  std::istringstream in(text);
  const transcripts::transcript t = transcripts::parse(in, "here.txt");
  return transcripts::run(t, how)();
}

}  // namespace

TEST_CASE("every transcript comes out as it is written, however the bytes are cut") {
  const unsigned seeds = std::getenv("SIOKIT_LONG") != nullptr ? 50 : 4;
  for (const fs::path& file : files()) {
    DYNAMIC_SECTION(file.lexically_relative(SIOKIT_TESTS_DIR).string()) {
      const transcripts::transcript t = transcripts::load(file, fs::path(SIOKIT_TESTS_DIR) / "transcripts");
      CHECK_FALSE(t.title.empty());
      for (const transcripts::mode& m : transcripts::modes(t, seeds)) {
        const std::string difference = transcripts::run(t, m)();
        if (!difference.empty()) {
          FAIL_CHECK(difference);
          break;
        }
      }
    }
  }
}

TEST_CASE("the runner tells file, line, what was expected and what came") {
  const std::string open = "> GET /engine.io/?EIO=4&transport=polling HTTP/1.1 | Host: x\n";
  CHECK(run_text(open + "< HTTP/1.1 200 OK || 0*\n").empty());
  CHECK(run_text(open + "< HTTP/1.1 200 OK || 1*\n")
            .find("here.txt:2: \n  expected HTTP/1.1 200 OK || 1*\n  got      HTTP/1.1 200 OK") == 0);
  CHECK(run_text(open).find("nothing more on link a") != std::string::npos);
  CHECK(run_text(open + "< HTTP/1.1 200 OK || *\nsilent\n< ws 1\n").find("got      nothing") != std::string::npos);
  const auto fails_with = [&](const char* line, const char* what) {
    return run_text(open + line).find(what) != std::string::npos;
  };
  CHECK(fails_with("< HTTP/1.1 200 OK | !Content-Type || *\n", "a response with !Content-Type"));
  CHECK(run_text(open + "< HTTP/1.1 200 OK | X-Y: * || *\n").find("a response with X-Y: *") != std::string::npos);
  CHECK(run_text("> GET $nobody HTTP/1.1\n").find("nobody set $nobody") != std::string::npos);
  CHECK(run_text("hello there\n").find("here.txt:1: what is this? hello there") == 0);
  CHECK(run_text("server none\n").find("there is no such set-up") != std::string::npos);
  CHECK(run_text("option none 1\n> open\n").find("no option is called none") != std::string::npos);
  CHECK(run_text(open + "< HTTP/1.1 200 OK || *\n! closed \"never\"\n").find("expected ! closed") != std::string::npos);
}

TEST_CASE("patterns match with wildcards, names that are taken and names that are known") {
  std::map<std::string, std::string> values{{"known", "k1"}};
  CHECK(transcripts::matches("a*c", "abbc", values));
  CHECK_FALSE(transcripts::matches("a*c", "abbd", values));
  CHECK(transcripts::matches("x$known.", "xk1.", values));
  CHECK_FALSE(transcripts::matches("x$known", "xk2", values));
  CHECK(transcripts::matches("{\"sid\":\"$sid\"*", "{\"sid\":\"ab-_9\",\"more\"", values));
  CHECK(values["sid"] == "ab-_9");
  CHECK(transcripts::matches("4a\\x1e4b\\*", "4a\x1e" "4b*", values));
  CHECK_FALSE(transcripts::matches("4a\\*", "4ab", values));
}

TEST_CASE("every transcript that docs/differences.md names is there") {
  std::ifstream in(fs::path(SIOKIT_TESTS_DIR).parent_path() / "docs" / "differences.md");
  std::stringstream all;
  all << in.rdbuf();
  const std::string text = all.str();
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(SIOKIT_TESTS_DIR) / "transcripts"))
    names.push_back(entry.path().lexically_relative(fs::path(SIOKIT_TESTS_DIR) / "transcripts").generic_string());
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find('`', at)) != std::string::npos;) {
    const std::size_t end = text.find('`', at + 1);
    if (end == std::string::npos) break;
    const std::string pattern = text.substr(at + 1, end - at - 1);
    at = end + 1;
    if (pattern.size() < 4 || pattern.substr(pattern.size() - 4) != ".txt") continue;
    ++count;
    std::map<std::string, std::string> none;
    INFO(pattern);
    CHECK(std::any_of(names.begin(), names.end(), [&](const std::string& n) {
      return transcripts::matches(pattern, n, none);
    }));
  }
  CHECK(count > 60);
}
