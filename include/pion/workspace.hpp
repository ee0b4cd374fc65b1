// Moved, kept until 1.0: include <pion/engine/workspace.hpp>.
#pragma once
#include <pion/engine/workspace.hpp>
