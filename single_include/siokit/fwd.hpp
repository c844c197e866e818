// fwd.hpp is part of siokit.hpp.
#pragma once
#include "siokit.hpp"
