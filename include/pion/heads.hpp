// Moved, kept until 1.0: include <pion/filter/heads.hpp>.
#pragma once
#include <pion/filter/heads.hpp>
