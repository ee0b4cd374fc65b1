// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace pion::recipes {

using Numbers = std::map<std::string, double>;

/// The numbers that a recipe is asked for with. Each part of the recipe takes those that it has;
/// parts that share a number take it by one name.
class Options {
 public:
  using Taken = std::vector<std::pair<std::string, double>>;

  /// \param recipe  its name, for messages.
  Options(std::string recipe, Numbers given)
      : recipe_(std::move(recipe)), given_(std::move(given)) {}

  /// Sets `target` where the option is given, and notes what it is then.
  /// \throws io::Error unless a target that is a whole number, or 0 or 1, is given one.
  template <class T>
  void take(const char* name, T& target) {
    if (const double* const given = find(name)) {
      if constexpr (std::is_same_v<T, bool>) {
        require_whole(name, *given, 1.0);
        target = *given != 0.0;
      } else {
        if constexpr (std::is_integral_v<T>) require_whole(name, *given, 0x1p31);
        target = static_cast<T>(*given);
      }
    }
    note(name, static_cast<double>(target));
  }

  /// What the recipe has, in the order of its parts.
  const Taken& taken() const { return taken_; }

  /// \throws io::Error that names an option which no part has taken, and those that there are.
  /// \param others  options that are no numbers.
  void require_all_taken(const std::vector<std::string>& others) const;

 private:
  const double* find(const std::string& name) const;
  void require_whole(const std::string& name, double given, double most) const;
  void note(const std::string& name, double value);

  std::string recipe_;
  Numbers given_;
  Taken taken_;
};

}  // namespace pion::recipes
