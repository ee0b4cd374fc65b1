// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <pion/filter/filter.hpp>
#include <vector>

#include "pion_tool/cli/chain_spec.hpp"

/// What the page asks of the library: a question by its name, with a JSON object, answered by one.
/// Each throws std::exception where it refuses.
namespace pion::explorer {

using Json = nlohmann::ordered_json;

/// The chain that "steps" ([[a, b, c], ...], with "name") or else "chain" (NAME[:key=value,...])
/// describes.
tool::NamedChain chain_of(const Json& request);

/// chain_of() with "normalizer".
Filter filter_of(const Json& request);

/// {"families": [{"name", "keys": [{"name", "lo", "hi", "whole", "otherwise"}]}], "normalizers"}.
Json catalogue(const Json& request);

/// {"name", "steps"} of chain_of().
Json steps(const Json& request);

/// What `pion shape --json` says of chain_of(), "normalizer" and "gain".
Json shape(const Json& request);

/// One more trial of the search for a filter to order, as `pion fit` makes them: "kind", "tau",
/// "upper" of a bandpass, "steps", and "trials" and "best" of the answer before (0 and []). The
/// answer is {"trials", "total", "best": [{"loss", "steps"}]}; once all trials are made, the chain
/// that bears rounding: {"loss", "steps"}.
Json fit(const Json& request);

/// What "filters" make of a matrix of "rows" and "cols". `numbers` has it row by row; but with "rank",
/// "snr" and "seed" it is a random signal of that rank with noise, where ||signal||_F^2 over the
/// noise's mean square norm is "snr" (Fan et al. 2026, eq. 5), and `numbers` is written. Behind it the
/// filtered matrices are written. The answer is {"columns": [{"values", "effective_rank",
/// "stable_rank", "cosine", "survivors"}]}, first of the matrix itself; "values" are the singular
/// ones, "cosine" is that with the signal, null where none is known, and "survivors" counts the
/// directions whose gain is above "gain".
Json matrix(const Json& request, std::vector<double>& numbers);

/// {"optimisers"}: the names of those of the regime map (examples/experiments/regime/task.hpp).
Json optimisers(const Json& request);

/// Is told how far a call is.
using Report = std::function<void(const Json&)>;

/// Trains a matrix of "size" by "size" as the regime map does, with "rank", "snr", "condition",
/// "steps" (150) and "seed" (0), by the "optimiser" of that name, at "rate"; without one, at the
/// best of the map's grid, tried on "tuning_seeds" (1). The answer is {"rate", "grid": [{"rate",
/// "loss"}], "losses", "errors"}: the losses are the last errors of "seeds" (1) from "seed" on, and
/// "errors" those of the first, after every third step, null where it diverged. At each error
/// `report` is told {"run", "rate", "errors"}, where the first "run" is 1.
Json training(const Json& request, const Report& report);

}  // namespace pion::explorer
