// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a filter is: a chain of odd quintics and a normaliser, their exact shape, and the catalogue
/// of chains. Numbers only, no matrix. (The low-pass chains are made in design/low_pass.hpp.)

#include <pion/filter/bounds.hpp>
#include <pion/filter/chain.hpp>
#include <pion/filter/chains.hpp>
#include <pion/filter/filter.hpp>
#include <pion/filter/heads.hpp>
#include <pion/filter/normalizer.hpp>
#include <pion/filter/polynomial.hpp>
#include <pion/filter/published_chains.hpp>
#include <pion/filter/shape.hpp>
