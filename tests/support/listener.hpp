// SPDX-License-Identifier: Apache-2.0
// For what a program does before its first test and after its last: a Listener, registered by
// CATCH_REGISTER_LISTENER. (A main() of its own would have Catch2 compiled once more.)
#pragma once

#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include "support/catch.hpp"

#if __has_include(<catch2/catch_all.hpp>)
using Listener = Catch::EventListenerBase;
#else
using Listener = Catch::TestEventListenerBase;
#endif
