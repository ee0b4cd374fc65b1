// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/contender.hpp"

/// Contenders from the catalogue of recipes, with the scales that they were published with.
namespace pion::experiment {

/// A recipe of the catalogue with its own scale, by a text that `pion step` takes, such as
/// "normuon:weight_decay=0".
Contender published(std::string name, double rate, const std::string& recipe);
/// The same, and of `per_head`, whose heads are added to it, where a matrix has heads.
Contender published_per_head(std::string name, double rate, const std::string& per_head,
                             const std::string& whole);
/// NorMuon, AdaMuon, NAMO, Dion, SOAP, ROOT, Muon-MVR1: their published recipes, but for these
/// momenta, and without a decay.
std::vector<Contender> newer(const Momenta& m);

}  // namespace pion::experiment
