using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Underlay;

/// <summary>SQLite works below the mount as on a local disk: Orthanc keeps its index there.</summary>
public class SqliteTests
{
    private const string CreateTable = "import sqlite3; sqlite3.connect('index').execute('create table t(writer, number, filler)')";

    /// <summary>Inserts rows one by one; prints each number after its commit. Arguments: writer, rows, journal mode, locking mode.</summary>
    private const string Writer = """
        import sqlite3, sys
        writer, rows, journal, locking = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
        db = sqlite3.connect("index", timeout=60, isolation_level=None)
        db.execute(f"pragma locking_mode={locking}")
        mode = db.execute(f"pragma journal_mode={journal}").fetchone()[0]
        assert mode == journal, mode
        db.execute("pragma synchronous=full")
        for number in range(rows):
            db.execute("begin immediate")
            db.execute("insert into t values (?, ?, randomblob(3000))", (writer, number))
            db.execute("commit")
            print(number, flush=True)
        """;

    private const string Count = """
        import sqlite3
        db = sqlite3.connect("index", timeout=60)
        assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
        print(db.execute("select count(*) from t").fetchone()[0])
        """;

    [Theory(Timeout = 120_000)]
    [InlineData("wal")]
    [InlineData("delete")]
    [InlineData("truncate")]
    public async Task Two_connections_write_at_once_and_lose_nothing(string journal)
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        await mount.PythonAsync(CreateTable);
        await Task.WhenAll(
            mount.PythonAsync(Writer, "first", "150", journal, "normal"),
            mount.PythonAsync(Writer, "second", "150", journal, "normal"));
        Assert.Equal("300", await mount.PythonAsync(Count));
        Assert.Equal("300", await mount.BashAsync("sqlite3 \"$beneath/index\" 'select count(*) from t'"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Exclusive_locking_as_Orthanc_uses_it_shuts_others_out()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        await mount.PythonAsync(CreateTable);
        string output = await mount.PythonAsync(
            """
            import sqlite3, subprocess
            db = sqlite3.connect("index", isolation_level=None)
            db.execute("pragma locking_mode=exclusive")
            db.execute("pragma journal_mode=wal")
            db.execute("insert into t values ('orthanc', 1, '')")
            other = subprocess.run(["sqlite3", "index", "select count(*) from t"], capture_output=True, text=True)
            print(other.returncode, other.stderr)
            """);
        Assert.Contains("locked", output);
        Assert.Equal("1", await mount.PythonAsync(Count));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_killed_writer_leaves_every_acknowledged_row()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        await mount.PythonAsync(CreateTable);
        for (int round = 0; round < 3; round++)
        {
            string output = await mount.PythonAsync(
                """
                import signal, subprocess, sys, time
                writer = subprocess.Popen([sys.executable, "-c", sys.argv[1], "killed", "1000000", "wal", "normal"], stdout=subprocess.PIPE, text=True)
                acknowledged = [int(writer.stdout.readline()) for _ in range(40)][-1]
                writer.send_signal(signal.SIGKILL)
                rest = writer.stdout.read().splitlines()
                assert writer.wait() == -signal.SIGKILL
                complete = [int(line) for line in rest if line.isdigit()]
                print(max([acknowledged, *complete]) + 1)
                """,
                Writer);
            int acknowledged = int.Parse(output);
            int present = int.Parse(await mount.PythonAsync(Count));
            Assert.InRange(present, acknowledged, acknowledged + 1); // killed after a commit, before it was told
            await mount.BashAsync("sqlite3 index 'delete from t'");
        }
    }

    /// <summary>As stock Orthanc commits: what is only in the page cache of the mount would be lost when the mount program is killed.</summary>
    [Fact(Timeout = 120_000)]
    public async Task A_commit_without_fsync_lies_beneath_when_it_returns()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        string output = await mount.PythonAsync(
            """
            import os, shutil, sqlite3, tempfile
            db = sqlite3.connect("index", isolation_level=None)
            for setting in ("synchronous=normal", "journal_mode=wal", "locking_mode=exclusive", "wal_autocheckpoint=1000"):
                db.execute(f"pragma {setting}")
            db.execute("create table t(number)")
            for number in range(100):
                db.execute("insert into t values (?)", (number,))
            # Nothing was closed since, which would write back; a copy of what lies beneath is what a crash would leave.
            with tempfile.TemporaryDirectory() as left:
                for name in ("index", "index-wal"):
                    shutil.copy(os.path.join(os.environ["beneath"], name), left)
                print(sqlite3.connect(os.path.join(left, "index")).execute("select count(*) from t").fetchone()[0])
            """);
        Assert.Equal("100", output);
        Assert.InRange(mount.Requests("FSYNC"), 0, 20); // some to make the database, none for a commit
    }

    [Fact(Timeout = 120_000)]
    public async Task Each_commit_reaches_the_disk()
    {
        await using UnderlayMount mount = UnderlayMount.Create();
        await mount.PythonAsync(CreateTable);
        long before = mount.Requests("FSYNC");
        await mount.PythonAsync(Writer, "one", "20", "wal", "normal");
        Assert.InRange(mount.Requests("FSYNC") - before, 20, 40);
    }
}
