import Domain
import JSONRPC

/// The files of `Runners/Python` as they are put into a run's folder, importable by a name of this run only.
///
/// They reach every Python that the command starts, also through scripts, `make` and `tox`, and hide themselves from the
/// processes that tests start. Nothing of it is a file of the repository, and the command's words stay as they are.
enum PythonPlugins {
  /// pytest and unittest, made to report.
  ///
  /// `PYTEST_PLUGINS` and not `PYTEST_ADDOPTS`: commands and configurations often set the latter.
  static func instrument(_ command: String, folder: RunFolder, options: RunOptions) -> Instrumentation {
    let plugin = "\(folder.package).pytest_plugin"
    return Instrumentation(
      command:
        command
        // A command that sets these variables itself keeps its own values behind ours.
        .replacing("PYTHONPATH=", with: "PYTHONPATH=\(folder.path):")
        .replacing("PYTEST_PLUGINS=", with: "PYTEST_PLUGINS=\(plugin),"),
      environment: ["PYTHONPATH": folder.path, "PYTEST_PLUGINS": plugin, "BATON_PACKAGE": folder.package],
      files: [
        "sitecustomize.py": text(PackageResources.sitecustomize_py),
        "settings.json": settings(options),
        "\(folder.package)/__init__.py": "\n",
        "\(folder.package)/pytest_plugin.py": text(PackageResources.pytest_plugin_py),
        "\(folder.package)/recorder.py": text(PackageResources.recorder_py),
        "\(folder.package)/unittest_recorder.py": text(PackageResources.unittest_recorder_py),
      ],
      reports: ["report"]
    )
  }

  static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func settings(_ options: RunOptions) -> String {
    let only = JSONValue.array(options.only.map { .string($0.name) })
    let value: JSONValue = ["test_seconds_max": .double(options.testSecondsMax), "only": only]
    do throws(JSONError) { return String(decoding: try JSONCoder.encode(value), as: UTF8.self) } catch {
      // Only a number that is not finite cannot be written; then no test is limited and all are run.
      return #"{"test_seconds_max": 0, "only": []}"#
    }
  }
}
