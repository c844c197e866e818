// fwd.hpp alone is enough to mention the library in a header.
#include <siokit/fwd.hpp>

#include "forward_only.hpp"

int pass_on(siokit::server* io, siokit::client* c) { return answers(io, c); }
