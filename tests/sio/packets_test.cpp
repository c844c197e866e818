// What the header of a packet says, part by part, and what is refused. What may stand in the JSON behind it is text/json_test's.
#include "catch.hpp"

#include <siokit/sio/packet.hpp>

#include "text/block.hpp"

#include <string>

using namespace siokit;

namespace {

/// A packet as it was understood: type, attachments, namespace, id, name and payload.
std::string told(const sio::packet& p) {
  std::string out(1, static_cast<char>(p.type));
  if (p.attachments != 0) out.append(" +").append(std::to_string(p.attachments));
  out.append(" ").append(p.nsp);
  if (p.has_id) out.append(" #").append(std::to_string(p.id));
  if (!p.name.empty() || p.is_event()) out.append(" <").append(p.name).append(p.escaped ? "> escaped" : ">");
  return out.append(p.payload.empty() ? "" : " ").append(p.payload);
}

std::string told(std::string_view text) {
  const text_test::exact block(text);
  sio::packet p;
  const errc e = sio::decode(block, {}, p);
  return e == errc::none ? told(p) : std::string(siokit::text(e));
}

}  // namespace

TEST_CASE("packets: every part is found") {
  CHECK(told("0") == "0 /");
  CHECK(told("0{\"token\":1}") == "0 / {\"token\":1}");
  CHECK(told("0/admin") == "0 /admin");
  CHECK(told("0/admin,") == "0 /admin");
  CHECK(told("0/admin?q=1,{}") == "0 /admin?q=1 {}");
  CHECK(told("1/admin,") == "1 /admin");
  CHECK(told("2[\"e\"]") == "2 / <e> [\"e\"]");
  CHECK(told("2/a,17[\"e\",[1]]") == "2 /a #17 <e> [\"e\",[1]]");
  CHECK(told("20[ \"e\" , 1 ]") == "2 / #0 <e> [ \"e\" , 1 ]");
  CHECK(told("2[\"\\u0065\"]") == "2 / <\\u0065> escaped [\"\\u0065\"]");
  CHECK(told("2[\"e\",\"\\n\"]") == "2 / <e> [\"e\",\"\\n\"]");
  CHECK(told("2[7,1]") == "2 / <7> [7,1]");
  CHECK(told("30[]") == "3 / #0 []");
  CHECK(told("3/a,9007199254740991[1]") == "3 /a #9007199254740991 [1]");
  CHECK(told("4") == "4 /");
  CHECK(told("4/a,\"no\"") == "4 /a \"no\"");
  CHECK(told("51-[\"e\",{\"_placeholder\":true,\"num\":0}]") == "5 +1 / <e> [\"e\",{\"_placeholder\":true,\"num\":0}]");
  CHECK(told("61-/a,3[{\"_placeholder\":true,\"num\":0}]") == "6 +1 /a #3 [{\"_placeholder\":true,\"num\":0}]");
}

TEST_CASE("packets: what is refused, and for what") {
  struct row {
    const char* text;
    errc error;
  };
  const row rows[] = {{"", errc::sio_bad_type},
                      {"7[\"e\"]", errc::sio_bad_type},
                      {"/[\"e\"]", errc::sio_bad_type},
                      {"0[]", errc::sio_bad_payload},
                      {"01", errc::sio_bad_payload},
                      {"1{}", errc::sio_bad_payload},
                      {"2", errc::sio_bad_payload},
                      {"2{}", errc::sio_bad_payload},
                      {"2\"e\"", errc::sio_bad_payload},
                      {"2[]", errc::sio_bad_payload},
                      {"2[null]", errc::sio_bad_event_name},
                      {"2[\"disconnect\"]", errc::sio_reserved_event},
                      {"2[\"dis\\u0063onnect\"]", errc::sio_reserved_event},
                      {"2[\"e\"", errc::json_unexpected_end},
                      {"3[1]", errc::sio_bad_ack_id},
                      {"31", errc::sio_bad_payload},
                      {"31{}", errc::sio_bad_payload},
                      {"39007199254740992[1]", errc::sio_ack_id_too_large},
                      {"318446744073709551617[1]", errc::sio_ack_id_too_large},
                      {"3-1[1]", errc::json_trailing},
                      {"5[\"e\"]", errc::sio_bad_attachments},
                      {"5-[\"e\"]", errc::sio_bad_attachments},
                      {"51[\"e\"]", errc::sio_bad_attachments},
                      {"51", errc::sio_bad_attachments},
                      {"50-[\"e\"]", errc::sio_bad_attachments},
                      {"501-[\"e\"]", errc::sio_bad_attachments},
                      {"518446744073709551617-[\"e\"]", errc::sio_bad_attachments},
                      {"59007199254740991-[\"e\"]", errc::sio_too_many_attachments},
                      {"2/a\x1e,[\"e\"]", errc::sio_bad_nsp},
                      {"2/\xff,[\"e\"]", errc::sio_bad_nsp}};
  for (const row& r : rows) {
    INFO(r.text);
    sio::packet p;
    CHECK(sio::decode(text_test::exact(r.text), {}, p) == r.error);
  }
}

TEST_CASE("packets: nothing of the one before is left") {
  const text_test::exact first("51-/a,9[\"\\u0065\",{\"_placeholder\":true,\"num\":0}]"), second("3/a,1[]"), third("1");
  sio::packet p;
  REQUIRE(sio::decode(first, {}, p) == errc::none);
  REQUIRE(sio::decode(second, {}, p) == errc::none);
  CHECK(told(p) == "3 /a #1 []");
  CHECK_FALSE(p.escaped);
  REQUIRE(sio::decode(third, {}, p) == errc::none);
  CHECK(told(p) == "1 /");
  CHECK(p.id == 0);
  CHECK(p.shape.nodes == 0);
  CHECK_FALSE(p.shape.array);
}
