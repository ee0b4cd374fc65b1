// Moved, kept until 1.0: include <pion/certify/interval.hpp>.
#pragma once
#include <pion/certify/interval.hpp>
