// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <pion/filter/chain.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pion::tool {

/// The most steps that a chain may be given: as many as the Gram-space method takes.
inline constexpr int max_steps = 64;

struct NamedChain {
  std::string name;
  Chain chain;
};

/// The chain that `text` describes: `NAME[:key=value,...]`, or `@FILE` for a JSON file
/// {"name": "...", "steps": [[a, b, c], ...]}, whose further keys are not looked at.
/// \throws io::Error that names the chain, key or file and says what there is instead.
NamedChain parse_chain(std::string_view text);

/// The same without files: `NAME[:key=value,...]` alone. It and what it calls need no library but
/// pion, so that every program can have them.
NamedChain chain_named(std::string_view text);

/// The path in `@FILE`; empty for a chain that is written out.
std::string file_of_chain(std::string_view text);

/// A number that a family of chains asks for, from `lo` to `hi`.
struct ChainKey {
  std::string_view name;
  double lo;
  double hi;
  bool whole;
  std::optional<double> otherwise;  ///< None: the key must be given.
};

/// Chains that have a name in common, and differ by the values of its keys.
struct ChainFamily {
  std::string_view name;
  std::vector<ChainKey> keys;
  std::function<Chain(const std::vector<double>&)> make;  ///< From values in the order of `keys`.
};

/// Every family that can be asked for by name. A new one is an entry here.
const std::vector<ChainFamily>& chain_families();

/// The chains whose coefficients are stored, as parse_chain() takes them.
const std::vector<std::string>& stored_chains();

/// How the known chains are written: "muon[:steps=..], highpass:kp=..[,steps=..], ...".
std::string known_chains();

}  // namespace pion::tool
