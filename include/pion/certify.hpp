// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a chain does to a singular value, proved by interval arithmetic. It refuses to compile
/// under -ffast-math, which breaks such proofs.

#include <pion/certify/basin.hpp>
#include <pion/certify/certify.hpp>
#include <pion/certify/enclosure.hpp>
#include <pion/certify/fixed_points.hpp>
#include <pion/certify/interval.hpp>
#include <pion/certify/monotone.hpp>
#include <pion/certify/precise.hpp>
#include <pion/certify/shape.hpp>
#include <pion/certify/steepness.hpp>
#include <pion/certify/verdict.hpp>
