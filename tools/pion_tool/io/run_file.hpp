// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pion_tool/io/tensor.hpp"

/// The file of a recorded training run, as Recorder of python/pion/ writes it: an object of JSON a
/// line. A head says format and version, and from which step the run goes on; every other line is
/// what was measured of one layer at one step.
namespace pion::io {

/// A measured value. That of a sketch is an interval; else both ends are the same.
struct Measured {
  double low = 0.0;
  double high = 0.0;

  double value() const { return low + 0.5 * (high - low); }
};

/// The high-pass filters whose survivors are counted: kp = 0 to 4.
inline constexpr std::size_t run_filters = 5;

/// What was measured of one layer at one step; nothing where it was not.
struct RunRecord {
  std::int64_t step = 0;  ///< How many steps the model had had.
  std::string layer;
  Shape shape;     ///< Rows and columns.
  std::string of;  ///< "momentum" or "gradient": what erank, s1 and survivors are of.
  std::optional<Measured> erank;
  std::optional<Measured> s1;  ///< sigma_1 / ||X||_F.
  std::array<std::optional<Measured>, run_filters> survivors = {};
  std::optional<double> snr;         ///< Of the gradient of a micro-batch.
  std::int64_t micro_batches = 0;    ///< How many the SNR is of.
  std::vector<double> head_norms;    ///< ||head||_F of the weight; NaN where it is not finite.
  std::vector<double> head_updates;  ///< Of what became of the weight since the step `since`.
  std::optional<std::int64_t> since;
  std::string problem;  ///< Why there are no numbers; or empty.
};

/// A run: its records as they lie in the file, without those that a later start has replaced.
struct Run {
  std::int64_t every = 0;             ///< Of the last head: how often it was measured.
  double gain = 0.0;                  ///< Of the last head: above which a direction survives.
  std::vector<std::int64_t> resumed;  ///< The steps from which it went on.
  std::vector<RunRecord> records;
  std::vector<std::string> notes;  ///< What was passed over, in sentences.
};

/// Whether a file is to be read as a run: by its name, .jsonl.
bool is_run(const std::filesystem::path& path);

/// Reads a run, of at most 1 GiB. A head with a step replaces all records from this step on that
/// stand before it: the run went on from an earlier checkpoint. A last line without an end is left
/// out, with a note, unless it is whole; a killed program leaves such.
/// \throws Error that names the line, for one that is no record, for steps of a layer that do not
///         grow between two heads, and for a version that is not known.
Run read_run(const std::filesystem::path& path);

/// The same of a text. \param name  what an Error begins with.
Run parse_run(const std::string& name, std::string_view text);

}  // namespace pion::io
