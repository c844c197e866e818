// The umbrella: everything but the adapters and the interop headers.
// A program that only serves includes siokit/server.hpp instead and compiles faster.
// single_include/siokit/siokit.hpp is made from this file.
#pragma once

#include <siokit/driver.hpp>
#include <siokit/server.hpp>
#include <siokit/sim.hpp>
