// SPDX-License-Identifier: Apache-2.0
// Covers jobs/state_file too. The numbers that are known of each published optimiser, through
// files; states that go on to the last bit, and are refused by name; nothing half-written.

#include "pion_tool/jobs/step_file.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "pion_tool/io/formats.hpp"
#include "pion_tool/jobs/state_file.hpp"
#include "pion_tool/recipes/catalogue.hpp"
#include "support/catch.hpp"
#include "tool/io/support.hpp"

using namespace pion;
using io::test::TemporaryFolder;
using recipes::recipe_named;
using tool::step_file;
using tool::StepReport;
using tool::StepRequest;

namespace {

using Eigen::MatrixXd;

MatrixXd first_weights(Index rows, Index cols) {
  return MatrixXd::NullaryExpr(
      rows, cols, [](Index i, Index j) { return std::sin(1.0 + static_cast<double>(i + 2 * j)); });
}
MatrixXd gradient(Index rows, Index cols, int t) {
  return MatrixXd::NullaryExpr(rows, cols, [t](Index i, Index j) {
    const auto a = static_cast<double>(i), b = static_cast<double>(j);
    return std::cos(1.0 + 2.0 * a + 3.0 * b + 5.0 * t) + 0.1 * (a - b);
  });
}

/// A folder with the weights and three gradients.
struct Files {
  TemporaryFolder folder;
  StepRequest request;

  explicit Files(Index rows = 4, Index cols = 3, io::DType dtype = io::DType::f64,
                 const std::string& extension = ".npy") {
    const auto put = [&](const std::string& name, const MatrixXd& matrix) {
      io::save(path(name + extension), io::from_matrix("w", matrix, dtype));
      return path(name + extension);
    };
    request.weight = put("weight", first_weights(rows, cols));
    for (int t = 1; t <= 3; ++t) {
      request.gradients.push_back(put("gradient" + std::to_string(t), gradient(rows, cols, t)));
    }
    request.output = path("stepped" + extension);
    request.learning_rate = 0.05;
  }
  std::string path(const std::string& name) const { return (folder / name).string(); }
  MatrixXd stepped() const { return io::to_matrix(io::load(request.output)); }
  std::string bytes(const std::string& file) const {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

std::string refusal(const recipes::MadeRecipe& recipe, const StepRequest& request) {
  return io::test::message([&] { step_file(recipe, request); });
}

struct Known {
  double first, sum, norm;
};

/// What an independent program in float64 gave after the third step, to nine decimals.
void check_known(const std::string& text, bool exact, const Known& tall, const Known& wide,
                 const std::vector<double>& losses = {}, double tolerance = 1e-9) {
  const recipes::MadeRecipe recipe = recipe_named(text, exact);
  for (const bool is_tall : {true, false}) {
    Files files(is_tall ? 4 : 3, is_tall ? 3 : 4);
    files.request.losses = losses;
    const StepReport report = step_file(recipe, files.request);
    REQUIRE(report.steps.size() == 3);
    for (const auto& step : report.steps) CHECK(step.taken());
    const MatrixXd w = files.stepped();
    const Known& known = is_tall ? tall : wide;
    INFO(text << (is_tall ? ", tall" : ", wide"));
    CHECK(std::fabs(w(0, 0) - known.first) <= tolerance);
    CHECK(std::fabs(w.sum() - known.sum) <= tolerance);
    CHECK(std::fabs(w.norm() - known.norm) <= tolerance);
  }
}

}  // namespace

TEST_CASE("three steps from files give the numbers that are known, with the exact polar factor") {
  const std::string decay = ":weight_decay=0.1";
  const auto check = [](const std::string& text, const Known& tall, const Known& wide) {
    check_known(text, true, tall, wide);
  };
  check("muon_torch", {.783123126, -.470735784, 2.452361648},
        {.773236002, 1.972373255, 2.493989791});
  check("moonlight", {.813050220, -.363256067, 2.440051955},
        {.806641556, 1.849515477, 2.452518662});
  check("muon_optax" + decay, {.792152235, -.448453028, 2.446210009},
        {.766991520, 2.006850091, 2.500111319});
  check("normuon" + decay, {.790178647, -.517487321, 2.453288067},
        {.773236002, 1.972373255, 2.493989791});
  check("normuon_paper" + decay, {.810391774, -.382379692, 2.445562991},
        {.801200018, 1.846974243, 2.460454049});
  check("adamuon" + decay, {.821872116, -.326256296, 2.461351057},
        {.817809079, 1.787877842, 2.454503251});
  check("trasmuon" + decay, {.779281792, -.508299698, 2.466618538},
        {.749537888, 1.966597998, 2.510926988});
  check("namo", {.799628564, -.377352194, 2.440534004}, {.785800195, 1.865223791, 2.458848464});
  check("namo_d", {.800118504, -.373950363, 2.441435433}, {.785805568, 1.865003357, 2.458279221});
  check("adago", {.806799315, -.398260937, 2.490812814}, {.796194385, 1.913682349, 2.516783357});
  check("swan", {.796827096, -.310931263, 2.456322768}, {.770019160, 1.794391814, 2.476665961});
  check("polargrad" + decay, {.817290211, -.338590667, 2.440916660},
        {.814668063, 1.812905675, 2.445191558});
  check("polargrad_polar_first" + decay, {.817157553, -.353333746, 2.440676920},
        {.808339364, 1.833865574, 2.444760743});
  check("dion2" + decay + ",fraction=0.5", {.789657554, -.491664544, 2.488679110},
        {.797676346, 1.828702448, 2.499885039});
  check("muon_mvr1" + decay, {.811196417, -.363884750, 2.441677578},
        {.805347577, 1.848632023, 2.454559872});
  check("root", {.812019562, -.357034468, 2.438274175}, {.806685395, 1.843485112, 2.451463880});
  check("scion:scale=2", {.606015275, -.586714027, 2.209043765},
        {.612621733, 1.867168191, 2.263142692});
  check("ef21_muon", {.768049014, -.468495773, 2.535075692},
        {.724617778, 1.977736370, 2.589460353});
  check("gum:rank=2", {.778970957, -.489425895, 2.568375738},
        {.801761662, 1.912088852, 2.561615722});
  check("gum:rank=2,full_probability=1", {.831103773, -.191897038, 2.382051090},
        {.839453345, 1.802622854, 2.461994778});
}

TEST_CASE("three steps from files give the numbers that are known, of what has no filter") {
  const auto check = [](const std::string& text, const Known& tall, const Known& wide) {
    check_known(text, false, tall, wide);
  };
  check("auon:weight_decay=0.1", {.825075843, -.318620442, 2.440490297},
        {.825071881, 1.779452231, 2.434029024});
  check("auon_paper:weight_decay=0.1", {.810544650, -.364994210, 2.451573564},
        {.814259383, 1.814672604, 2.452196989});
  check("conda:weight_decay=0.1,every=2", {.772592747, -.534110074, 2.526353943},
        {.748187817, 1.964513105, 2.534725613});
  check("soap:weight_decay=0.1,every=2", {.838729200, -.400948670, 2.425058357},
        {.813294671, 1.944702158, 2.456288627});
  check("shampoo", {.822760888, -.403421687, 2.474782466}, {.810961911, 1.943279111, 2.504580482});
  check("scion_sign:scale=2", {.693039519, -.453418025, 2.211782536},
        {.700143686, 1.588466682, 2.199940769});
  check_known("specmuon:modes=2", false, {.796139885, -.753528155, 2.579172734},
              {.776371235, 2.290170900, 2.552609345}, {2.0, 1.0, 2.0 / 3.0});
  // The reference adds 1e-7 to the norm, of about 2 here: five steps make of that 485 times it.
  check_known("muon_torch", false, {.798455101, -.460290846, 2.452861183},
              {.784075647, 1.976574831, 2.490080379}, {}, 485 * 1e-7 / 2);
}

TEST_CASE("a run that is saved and resumed is the run that was not, bit for bit") {
  for (const char* text :
       {"normuon", "adamuon", "soap:every=2", "dion:fraction=0.5", "muon_8bit", "lora_pre:rank=2",
        "adamw", "swan", "muon:tolerance=0.1", "sgd:in_out=1"}) {
    INFO(text);
    const recipes::MadeRecipe recipe = recipe_named(text);
    for (const char* extension : {".npy", ".safetensors"}) {
      Files files(5, 4, io::DType::f32, extension);
      StepRequest whole = files.request, first = whole, rest = whole;
      whole.save_state = files.path("whole_state.safetensors");
      step_file(recipe, whole);
      first.gradients.resize(1);
      first.output = files.path(std::string("first") + extension);
      first.save_state = files.path("first_state.safetensors");
      step_file(recipe, first);
      rest.weight = first.output;
      rest.gradients.erase(rest.gradients.begin());
      rest.output = files.path(std::string("rest") + extension);
      rest.state = first.save_state;
      rest.save_state = files.path("rest_state.safetensors");
      step_file(recipe, rest);
      CHECK(files.bytes(rest.output) == files.bytes(whole.output));
      CHECK(files.bytes(rest.save_state) == files.bytes(whole.save_state));
    }
  }
}

TEST_CASE("a file of state has readable names, and the recipe with every number") {
  Files files(5, 4);
  files.request.save_state = files.path("state.safetensors");
  const recipes::MadeRecipe recipe = recipe_named("normuon:beta2=0.9");
  step_file(recipe, files.request);
  const io::SafetensorsFile file(files.request.save_state);
  REQUIRE(file.entries().size() == 2);
  CHECK(file.entries()[0].name == "momentum");
  CHECK(file.entries()[1].name == "row_moment");
  CHECK(file.entries()[1].shape == io::Shape{5, 1});
  CHECK(file.metadata().at("recipe") ==
        "normuon:chain=muon,momentum=0.95,nesterov=1,beta2=0.9,eps=1e-10,weight_decay=0,in_out=0");
  CHECK(file.metadata().at("steps") == "3");
  CHECK(file.metadata().at("orientation") == "out_in");
  CHECK(file.metadata().at("scalar") == "F64");
}

TEST_CASE("a state of another recipe, shape, orientation or scalar is refused by its name") {
  Files files(4, 3);
  const std::string path = files.path("state.safetensors");
  files.request.save_state = path;
  step_file(recipe_named("moonlight"), files.request);
  const std::string before = files.bytes(files.request.output), saved = files.bytes(path);
  const auto refuses = [&](const std::string& text, const Files& other, const std::string& why) {
    StepRequest request = other.request;
    request.state = path;
    request.save_state = other.path("new.safetensors");
    request.output = files.path("new.npy");
    const std::string said = refusal(recipe_named(text), request);
    INFO(said);
    CHECK(said.find(path + ": " + why) == 0);
    CHECK(!std::filesystem::exists(request.output));
    CHECK(!std::filesystem::exists(request.save_state));
  };
  refuses("muon_torch", files, "is a state of moonlight:chain=muon,momentum=0.95");
  refuses("moonlight:momentum=0.9", files, "is a state of moonlight:");
  refuses("moonlight:chain=cans", files, "is a state of moonlight:");
  refuses("moonlight:in_out=1", files, "its orientation is out_in, and this step's is in_out");
  refuses("moonlight", Files(3, 4), "its shape is 4x3, and this step's is 3x4");
  refuses("moonlight", Files(4, 3, io::DType::f32), "its scalar is F64, and this step's is F32");
  // What only changes how long a step is may change from run to run.
  StepRequest other = files.request;
  other.state = path;
  other.save_state.clear();
  CHECK(step_file(recipe_named("moonlight:scale=1,weight_decay=0"), other).steps.size() == 3);

  // Any bit of the tensors, and any length.
  const auto loads = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    StepRequest request = files.request;
    request.state = path;
    request.save_state.clear();
    request.output = files.path("new.npy");
    return refusal(recipe_named("moonlight"), request) == "no error";
  };
  CHECK(loads(saved));
  for (std::size_t length = 0; length < saved.size(); length += 7) {
    CHECK(!loads(saved.substr(0, length)));
  }
  for (std::size_t at = saved.size() - 12 * 8; at < saved.size(); ++at) {
    std::string altered = saved;
    altered[at] = static_cast<char>(altered[at] ^ (1 << (at % 8)));
    CHECK(!loads(altered));
  }
  CHECK(!loads(before));
}

TEST_CASE("parameters of 16 bits are stepped in float, and rounded at each step") {
  const recipes::MadeRecipe recipe = recipe_named("sgd:momentum=0");
  for (const io::DType dtype : {io::DType::f16, io::DType::bf16}) {
    Files files(4, 3, dtype, ".safetensors");
    step_file(recipe, files.request);
    MatrixXd w = first_weights(4, 3);
    const auto rounded = [dtype](const MatrixXd& m) {
      return io::to_matrix(io::from_matrix("w", m, dtype));
    };
    w = rounded(w);
    for (int t = 1; t <= 3; ++t) w = rounded(w - 0.05 * rounded(gradient(4, 3, t)));
    // A float that lies at a tie of the shorter type may fall to the other side.
    CHECK((files.stepped() - w).cwiseAbs().maxCoeff() <= 2 * io::epsilon_of(dtype));
    CHECK(io::load(files.request.output).dtype == dtype);
  }
}

TEST_CASE("a gradient that is not finite is refused, and the next one is taken") {
  Files files;
  MatrixXd bad = gradient(4, 3, 2);
  bad(1, 1) = std::nan("");
  io::save(files.request.gradients[1], io::from_matrix("w", bad, io::DType::f64));
  const recipes::MadeRecipe recipe = recipe_named("normuon");
  const StepReport report = step_file(recipe, files.request);
  CHECK(report.steps[1].outcome == optimizer::Outcome::gradient_not_finite);
  CHECK(report.steps[0].taken());
  CHECK(report.steps[2].taken());
  const MatrixXd with_bad = files.stepped();
  files.request.gradients.erase(files.request.gradients.begin() + 1);
  step_file(recipe, files.request);
  CHECK(files.stepped() == with_bad);
}

TEST_CASE("files that do not fit are refused by name, and nothing is written") {
  Files files;
  const recipes::MadeRecipe recipe = recipe_named("moonlight");
  const auto refuses = [&](const StepRequest& request, const std::string& file,
                           const std::string& why) {
    const std::string said = refusal(recipe, request);
    INFO(said);
    CHECK(said.find(file) == 0);
    CHECK(said.find(why) != std::string::npos);
    CHECK(!std::filesystem::exists(files.request.output));
  };
  StepRequest request = files.request;
  io::save(request.gradients[2], io::from_matrix("w", gradient(3, 4, 3), io::DType::f64));
  refuses(request, request.gradients[2], "the gradient is 3x4 and the parameter is 4x3");
  request.gradients[2] = files.path("none.npy");
  refuses(request, request.gradients[2], "No such file");
  request = files.request;
  request.output = files.path("stepped.txt");
  refuses(request, request.output, "unknown extension");
  const std::string two = files.path("two.safetensors");
  io::write_safetensors(two, {io::from_matrix("a", gradient(4, 3, 1), io::DType::f64),
                              io::from_matrix("b", gradient(4, 3, 1), io::DType::f64)});
  request = files.request;
  request.weight = two;
  refuses(request, two, "give a file that holds one");
  request = files.request;
  request.gradients[0] = two;
  refuses(request, two, "weight");
}
