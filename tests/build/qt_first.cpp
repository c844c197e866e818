// Qt's headers, then siokit's.
#include <QObject>

#include "all_headers.hpp"
#include <siokit/adapters/poll.hpp>
#include "qt_use.hpp"
