// The one file of the compiled mode that holds the bodies: see SIOKIT_COMPILED in siokit/core/config.hpp.
#define SIOKIT_SOURCE
#include <siokit/siokit.hpp>
#include <siokit/sim.hpp>
