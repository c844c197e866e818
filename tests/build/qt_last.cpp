// siokit's headers, then Qt's.
#include "all_headers.hpp"
#include <siokit/adapters/poll.hpp>

#include <QObject>

#include "qt_use.hpp"
