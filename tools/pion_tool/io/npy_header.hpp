// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pion_tool/io/tensor.hpp"

namespace pion::io {

/// What the header of a .npy file says. It is a Python dictionary written out:
///   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
struct NpyHeader {
  std::string descr;  ///< The type of the values, as the file spells it.
  bool fortran_order = false;
  Shape shape;

  /// The type that `descr` names, in any of NumPy's spellings, "bfloat16" of ml_dtypes among them;
  /// nothing where it cannot be loaded.
  std::optional<DType> dtype() const;
  bool big_endian() const { return !descr.empty() && descr[0] == '>'; }
};

/// Reads the dictionary: the three keys, each once and in any order, and nothing else. Numbers may
/// end in L, as Python 2 wrote them; texts may hold any letters. A record of one field is read as
/// that field, for its values lie in the same way.
/// \throws Error with the place where the text is not so.
NpyHeader parse_npy_header(const std::string& file, std::string_view text);

}  // namespace pion::io
