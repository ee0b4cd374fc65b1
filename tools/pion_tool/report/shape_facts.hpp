// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <pion/certify.hpp>
#include <pion/filter/filter.hpp>
#include <pion/filter/shape.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What `pion shape` says of a filter. It needs no library but pion, so that the package for Python
/// says the same.
namespace pion::tool {

/// What a filter does to a singular value in [0, 1], proved.
struct Shape {
  std::string name;
  Filter filter;
  std::vector<Lap> laps;
  Certificate proved;
  Range range;  ///< The outer ends of its enclosure.
};

/// \param given  the chain as it was asked for, with which an error begins: chain "given".
/// \throws io::Error if the chain's values overflow on [0, 1], or it has too many laps there.
Shape shape_of(std::string_view given, const std::string& name, const Filter& filter);

/// Where the gain is first reached; nothing if it is not, or if that is not decided.
std::optional<double> sigma_of(const certified::Crossing& crossing);

/// Those above 0, each within its enclosure.
std::vector<double> fixed_points_of(const Shape& s);

/// The gains that a report names, and how it writes them.
inline constexpr std::array<std::pair<double, const char*>, 5> shown_gains = {
    {{0.01, "0.01"}, {0.1, "0.1"}, {0.5, "0.5"}, {0.9, "0.9"}, {0.99, "0.99"}}};

/// One answer. std::monostate: there is none, or it is not decided.
using Number = std::variant<std::monostate, std::int64_t, double>;
using Named = std::vector<std::pair<std::string, Number>>;
using Fact = std::variant<std::monostate, std::int64_t, double, bool, std::string,
                          std::vector<double>, std::vector<std::array<double, 3>>, Named>;

/// How far each rounding of the coefficients moves the gain.
Named rounding_of(const Chain& f);

/// All that `pion shape --json` says of a filter, by its keys and in its order.
/// \param gain  above which a direction counts as a survivor.
std::vector<std::pair<std::string, Fact>> facts_of(const Shape& s, double gain);

}  // namespace pion::tool
