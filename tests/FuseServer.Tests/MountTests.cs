using FuseServer.Tests.Support;
using Xunit;

namespace FuseServer.Tests;

/// <summary>Ordinary use of a real mount by other programs.</summary>
public sealed class MountTests
{
    private const int Limit = 90_000;

    [Fact(Timeout = Limit)]
    public async Task Files_are_written_read_renamed_linked_and_removed()
    {
        MemoryFileSystem fileSystem = new();
        await using TestMount mount = TestMount.Create(fileSystem);
        Assert.Equal("hello\nyes\nhello\nto", await Task.Run(() => Programs.Shell($"""
            cd {mount.Directory}
            echo hello > a; cat a
            mkdir d; mv a d/b; test ! -e a; test -d d && echo yes
            ln d/b c; cat c
            ln -s to s; readlink s
            chmod 600 c; test $(stat -c %a c) = 600
            truncate -s 3 c; test $(stat -c %s d/b) = 3
            ! rmdir d 2> /dev/null
            rm d/b c s; rmdir d
            test -z "$(ls)"
            """)));
        Assert.Equal(mount.Session.Connection, fileSystem.Info);
        Assert.True(mount.Session.Connection.WritebackCache);
        Assert.Equal(1 << 20, mount.Session.Connection.MaxWriteBytes);
        Assert.Equal(0, mount.Session.Counters.HandlerFailures);
        Assert.Contains("MKDIR", mount.Session.Counters.RequestsByOperation);
    }

    [Theory(Timeout = Limit)]
    [InlineData(ReadDirectoryMode.NamesOnly)]
    [InlineData(ReadDirectoryMode.Adaptive)]
    [InlineData(ReadDirectoryMode.WithAttributes)]
    public async Task Three_thousand_names_are_listed(ReadDirectoryMode mode)
    {
        MemoryFileSystem fileSystem = new();
        for (int i = 0; i < 3000; i++)
            fileSystem.AddFile($"a-rather-long-name-{i}", []);
        await using TestMount mount = TestMount.Create(fileSystem, TestMount.DefaultOptions with { ReadDirectory = mode });
        string[] names = await Task.Run(() => Programs.Shell($"ls -U {mount.Directory}").Split('\n'));
        Assert.Equal(3000, names.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal("3000", await Task.Run(() => Programs.Shell($"find {mount.Directory} -type f -size 0 | wc -l")));
        Assert.Equal(mode != ReadDirectoryMode.NamesOnly, mount.Session.Counters.RequestsByOperation.ContainsKey("READDIRPLUS"));
    }

    [Theory(Timeout = Limit)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Concurrent_writers_keep_their_content(bool writebackCache, bool later)
    {
        MemoryFileSystem fileSystem = new() { AnswersWritesLater = later };
        await using TestMount mount = TestMount.Create(fileSystem, TestMount.DefaultOptions with { WritebackCache = writebackCache });
        await Task.Run(() => Programs.Shell($$"""
            source=$(mktemp -d); trap "rm -r $source" EXIT
            for i in 1 2 3 4 5 6; do head -c 3333333 /dev/urandom > $source/$i; done
            for i in 1 2 3 4 5 6; do dd if=$source/$i of={{mount.Directory}}/$i bs=4k conv=fsync status=none & done; wait
            echo 3 > /proc/sys/vm/drop_caches
            for i in 1 2 3 4 5 6; do cmp $source/$i {{mount.Directory}}/$i; done
            """));
        Assert.Equal(0, mount.Session.Counters.HandlerFailures);
        Assert.Equal(0, mount.Session.Counters.RetainedBytes);
        Assert.True(mount.Session.Counters.BufferBytes <= TestMount.DefaultOptions.MaximumBufferBytes);
    }

    [Fact(Timeout = Limit)]
    public async Task Extended_attributes_and_statistics_pass_through()
    {
        await using TestMount mount = TestMount.Create(new MemoryFileSystem());
        Assert.Equal("value\nuser.name\n4096 1000 600 500 255", await Task.Run(() => Programs.Shell($"""
            cd {mount.Directory}
            touch f
            setfattr -n user.name -v value f
            getfattr --only-values -n user.name f; echo
            getfattr f | sed -n 2p
            setfattr -x user.name f
            ! getfattr -n user.name f 2> /dev/null
            stat -f -c '%S %b %f %a %l' .
            """)));
    }

    [Fact(Timeout = Limit)]
    public async Task Notifications_drop_what_the_kernel_has_cached()
    {
        MemoryFileSystem fileSystem = new();
        await using TestMount mount = TestMount.Create(fileSystem);
        string file = mount.PathOf("f");
        Assert.Equal(1, await Task.Run(() => Programs.Run("test", "-e", file).Exit));
        ulong node = fileSystem.AddFile("f", "one"u8.ToArray());
        Assert.Equal(1, await Task.Run(() => Programs.Run("test", "-e", file).Exit));
        Assert.True(mount.Session.Notifier.InvalidateEntry(MemoryFileSystem.Root, "f"u8));
        Assert.Equal("one", await Task.Run(() => Programs.Shell($"cat {file}")));
        Assert.True(mount.Session.Notifier.InvalidateInode(node, 0, 0));
        fileSystem.RemoveFile("f");
        Assert.True(mount.Session.Notifier.Delete(MemoryFileSystem.Root, node, "f"u8));
        Assert.Equal(1, await Task.Run(() => Programs.Run("test", "-e", file).Exit));
        Assert.False(mount.Session.Notifier.InvalidateInode(4711, 0, 0));
    }

    [Fact(Timeout = Limit)]
    public async Task A_read_only_mount_refuses_changes()
    {
        await using TestMount mount = TestMount.Create(new MemoryFileSystem(), TestMount.DefaultOptions with { ReadOnly = true });
        (int exit, _, string error) = await Task.Run(() => Programs.Run("touch", mount.PathOf("f")));
        Assert.Equal(1, exit);
        Assert.Contains("Read-only file system", error, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Fusermount_mounts_and_unmounts()
    {
        TestMount mount = TestMount.Create(
            new MemoryFileSystem(), TestMount.DefaultOptions with { ForceFusermount = true, AllowOther = false, Source = "a,b" });
        Assert.Equal("hello", await Task.Run(() => Programs.Shell($"echo hello > {mount.Directory}/f; cat {mount.Directory}/f")));
        Assert.Contains($"{mount.Directory} fuse.fuseservertest", await File.ReadAllTextAsync("/proc/mounts"), StringComparison.Ordinal);
        await mount.Session.UnmountAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(mount.Directory, await File.ReadAllTextAsync("/proc/mounts"), StringComparison.Ordinal);
        await mount.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Steady_state_allocates_nothing_for_a_request()
    {
        MemoryFileSystem fileSystem = new() { OpenFlags = OpenReplyFlags.DirectIo };
        fileSystem.AddFile("f", new byte[20_000 * 512]);
        await using TestMount mount = TestMount.Create(fileSystem);
        string[] read = [$"if={mount.PathOf("f")}", "of=/dev/null", "bs=512", "status=none"];
        string[] write = ["if=/dev/zero", $"of={mount.PathOf("f")}", "bs=512", "count=20000", "conv=notrunc", "status=none"];
        await Task.Run(() => Programs.Run("dd", read));
        await Task.Run(() => Programs.Run("dd", write));

        long requestsBefore = mount.Session.Counters.Requests;
        long bytesBefore = GC.GetTotalAllocatedBytes(precise: true);
        Assert.Equal(0, (await Task.Run(() => Programs.Run("dd", read))).Exit);
        Assert.Equal(0, (await Task.Run(() => Programs.Run("dd", write))).Exit);
        long bytes = GC.GetTotalAllocatedBytes(precise: true) - bytesBefore;
        long requests = mount.Session.Counters.Requests - requestsBefore;

        Assert.True(requests >= 40_000, $"{requests} requests");
        // What there is comes from starting dd twice.
        Assert.True((double)bytes / requests < 8, $"{bytes} bytes for {requests} requests");
    }
}
