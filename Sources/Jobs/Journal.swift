import Domain
import Foundation
import GRDB
import Workspace

/// The durable record of all jobs: one SQLite database in WAL mode, shared by every Baton process of the user. A job is
/// written before anything is done for it, and after every change.
package final class Journal: Sendable {
  /// Most jobs a list returns at once.
  package static let pageSizeMax = 200
  private let database: DatabasePool

  /// - Parameter path: the database file; created, and migrated to the newest schema.
  package init(path: String) throws(JobError) {
    do {
      var configuration = Configuration()
      configuration.busyMode = .timeout(10)
      database = try DatabasePool(path: path, configuration: configuration)
      try Self.migrator.migrate(database)
    } catch {
      throw JobError(.journal, "the journal '\(path)' cannot be opened: \(error)")
    }
  }

  private static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: jobs") { database in
      try database.create(table: "job") { table in
        table.primaryKey("id", .text)
        table.column("owner", .text).notNull()
        table.column("root", .text).notNull()
        table.column("state", .text).notNull().indexed()
        table.column("outcome", .text)
        table.column("message", .text)
        table.column("createdAt", .double).notNull().indexed()
        table.column("updatedAt", .double).notNull()
        table.column("record", .blob).notNull()
      }
    }
    return migrator
  }

  /// Writes `job`, new or changed, durably.
  package func save(_ job: Job) throws(JobError) {
    try write { database in try Self.save(job, database) }
  }

  /// Moves a job from one of `states` to `state`, in one transaction, so that of two processes only one succeeds.
  ///
  /// - Parameters:
  ///   - verb: what the caller wants to do with the patch, as a participle, for the error.
  ///   - record: how to take the patch back, when it was just applied.
  /// - Returns: the changed job.
  func change(
    _ id: JobID,
    from states: Set<Job.State>,
    to state: Job.State,
    verb: String,
    record: ApplyRecord? = nil
  ) throws(JobError) -> Job {
    try write { database in
      let data = try Data.fetchOne(database, sql: "SELECT record FROM job WHERE id = ?", arguments: [id.string])
      guard let data else { throw JobError(.unknownJob, "there is no job '\(id)'; `baton jobs` lists them") }
      var job = try Self.decode(data)
      guard states.contains(job.state) else {
        throw JobError(.wrongState, "job \(id) is \(job.state.rawValue), so its patch cannot be \(verb)")
      }
      job.state = state
      if let record { job.applyRecord = record }
      job.updatedAt = Date().timeIntervalSince1970
      try Self.save(job, database)
      return job
    }
  }

  private static func save(_ job: Job, _ database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO job (id, owner, root, state, outcome, message, createdAt, updatedAt, record)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, outcome = excluded.outcome,
          message = excluded.message, updatedAt = excluded.updatedAt, record = excluded.record
        """,
      arguments: [
        job.id.string, job.owner, job.task.root, job.state.rawValue, job.outcome?.rawValue, job.message,
        job.createdAt, job.updatedAt, JSONEncoder().encode(job),
      ]
    )
  }

  private func write<Value: Sendable>(_ body: (Database) throws -> Value) throws(JobError) -> Value {
    do { return try database.write(body) } catch let error as JobError { throw error } catch {
      throw JobError(.journal, "the journal cannot be written: \(error)")
    }
  }

  /// The job with this identifier, or the only one that `text` is the beginning of.
  package func job(named text: String) throws(JobError) -> Job {
    guard !text.isEmpty else { throw JobError(.unknownJob, "a job's name is needed; `baton jobs` lists them") }
    let records = try read { database in
      try Data.fetchAll(
        database,
        sql: "SELECT record FROM job WHERE id = ? OR substr(id, 1, ?) = ? LIMIT 2",
        arguments: [text, text.count, text]
      )
    }
    guard let record = records.first else {
      throw JobError(.unknownJob, "there is no job '\(text)'; `baton jobs` lists them")
    }
    guard records.count == 1 else {
      throw JobError(.unknownJob, "more than one job begins with '\(text)'; give more characters")
    }
    return try Self.decode(record)
  }

  /// Jobs, newest first.
  ///
  /// - Parameters:
  ///   - before: only jobs made before this one (the cursor of the next page).
  ///   - limit: at most this many, and never more than ``pageSizeMax``.
  package func summaries(before: JobID? = nil, limit: Int = pageSizeMax) throws(JobError) -> [JobSummary] {
    try read { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT id, owner, root, state, outcome, message, createdAt, updatedAt FROM job
          WHERE ?1 IS NULL OR (createdAt, id) < (SELECT createdAt, id FROM job WHERE id = ?1)
          ORDER BY createdAt DESC, id DESC LIMIT ?2
          """,
        arguments: [before?.string, max(0, min(limit, Self.pageSizeMax))]
      )
      return rows.compactMap { row in
        guard let id = JobID(row["id"]), let state = Job.State(rawValue: row["state"]) else { return nil }
        return JobSummary(
          id: id,
          owner: row["owner"],
          root: row["root"],
          state: state,
          outcome: (row["outcome"] as String?).flatMap(Job.Outcome.init),
          message: row["message"],
          createdAt: row["createdAt"],
          updatedAt: row["updatedAt"]
        )
      }
    }
  }

  /// Jobs that a process left queued, running or applying.
  package func unfinished() throws(JobError) -> [Job] {
    let records = try read { database in
      try Data.fetchAll(
        database,
        sql: "SELECT record FROM job WHERE state IN ('queued', 'running', 'applying') ORDER BY createdAt"
      )
    }
    return try records.map(Self.decode)
  }

  private func read<Value: Sendable>(_ body: (Database) throws -> Value) throws(JobError) -> Value {
    do { return try database.read(body) } catch {
      throw JobError(.journal, "the journal cannot be read: \(error)")
    }
  }

  private static func decode(_ record: Data) throws(JobError) -> Job {
    do { return try JSONDecoder().decode(Job.self, from: record) } catch {
      throw JobError(.journal, "a job of the journal cannot be read, perhaps from a newer Baton: \(error)")
    }
  }
}
