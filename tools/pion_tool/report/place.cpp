// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/place.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <utility>

#include "pion_tool/io/identity.hpp"

namespace pion::tool {
namespace {

using Words = std::vector<std::string_view>;

/// The words between points and slashes; the place in a stack, "w[3]", is one too.
Words split(std::string_view name) {
  Words words;
  const std::size_t bracket = name.rfind('[');
  if (bracket != name.npos && name.back() == ']') {
    if (bracket > 0) words = split(name.substr(0, bracket));
    words.push_back(name.substr(bracket + 1, name.size() - bracket - 2));
    return words;
  }
  while (true) {
    const std::size_t end = std::min(name.find_first_of("./"), name.size());
    words.push_back(name.substr(0, end));
    if (end == name.size()) return words;
    name.remove_prefix(end + 1);
  }
}

std::optional<std::int64_t> number_in(std::string_view word) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (word.empty() || word[0] == '-' || error != std::errc() || end != word.data() + word.size()) {
    return std::nullopt;
  }
  return number;
}

/// A name in two parts, about the number of its layer.
struct Parts {
  Words before;
  std::optional<std::int64_t> layer;
  Words after;
};

Parts parts_of(std::string_view name) {
  Parts p;
  for (const std::string_view word : split(name)) {
    const auto number = number_in(word);
    if (!p.layer && number) {
      p.layer = number;
    } else if (!p.layer) {
      p.before.push_back(word);
    } else {
      p.after.push_back(number ? "*" : word);
    }
  }
  return p;
}

/// How many words all of them begin with, or, from behind, end with.
template <class Begin>
std::size_t shared(const std::set<Words>& all, const Begin& begin) {
  const Words& first = *all.begin();
  std::size_t count = first.size();
  for (const Words& words : all) {
    const std::size_t length = std::min(count, words.size());
    const auto from = begin(first);
    count = static_cast<std::size_t>(
        std::mismatch(from, from + static_cast<std::ptrdiff_t>(length), begin(words)).first - from);
  }
  return count;
}

std::string module_of(const Words& before, const Words& after) {
  Words words = before;
  words.insert(words.end(), after.begin(), after.end());
  if (words.empty()) return "layer";
  if (words.size() > 1 && words.back() == "weight") words.pop_back();
  return fmt::format("{}", fmt::join(words, "."));
}

}  // namespace

std::string stem_of(const std::string& model) {
  std::filesystem::path path = io::path_of(model);
  if (!path.has_filename()) path = path.parent_path();  // of "folder/"
  path = path.filename();
  for (const char* known : {".json", ".jsonl", ".index", ".safetensors", ".npy", ".npz"}) {
    if (path.extension() == known && path.has_stem()) path = path.stem();
  }
  return path.string();
}

std::string short_name(std::string_view name) {
  constexpr std::string_view ending = ".weight";
  const bool ends = name.size() > ending.size() &&
                    name.compare(name.size() - ending.size(), ending.size(), ending) == 0;
  return std::string(name.substr(0, name.size() - (ends ? ending.size() : 0)));
}

std::vector<Place> places_of(const std::vector<std::string_view>& names) {
  std::vector<Parts> all;
  std::set<Words> stacks;  // what stands before the layers
  for (const std::string_view name : names) {
    all.push_back(parts_of(name));
    if (all.back().layer) stacks.insert(all.back().before);
  }
  std::size_t front = 0, back = 0;
  if (!stacks.empty()) {
    front = shared(stacks, [](const Words& words) { return words.begin(); });
    const auto shortest =
        std::min_element(stacks.begin(), stacks.end(),
                         [](const Words& a, const Words& b) { return a.size() < b.size(); });
    back = std::min(shared(stacks, [](const Words& words) { return words.rbegin(); }),
                    shortest->size() - front);
  }
  std::vector<Place> places;
  for (std::size_t i = 0; i < names.size(); ++i) {
    Parts& p = all[i];
    if (!p.layer) {
      places.push_back({std::nullopt, short_name(names[i])});
      continue;
    }
    Words& before = p.before;  // of one stack nothing is left
    before.erase(before.end() - static_cast<std::ptrdiff_t>(back), before.end());
    before.erase(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(front));
    places.push_back({p.layer, module_of(before, p.after)});
  }
  return places;
}

std::vector<PlacedTensor> place_all(const std::vector<std::string>& files,
                                    const std::vector<std::vector<Finding>>& all) {
  std::vector<std::string_view> names;
  for (const auto& findings : all) {
    for (const Finding& f : findings) names.emplace_back(f.info.name);
  }
  const std::set<std::string_view> different(names.begin(), names.end());
  const bool repeated = different.size() < names.size();
  std::vector<Place> places = places_of(names);
  std::vector<PlacedTensor> placed;
  for (std::size_t file = 0; file < all.size(); ++file) {
    for (const Finding& f : all[file]) {
      Place& place = places[placed.size()];
      if (repeated) place.module = fmt::format("{}: {}", stem_of(files[file]), place.module);
      placed.push_back({&f, file, std::move(place)});
    }
  }
  return placed;
}

}  // namespace pion::tool
