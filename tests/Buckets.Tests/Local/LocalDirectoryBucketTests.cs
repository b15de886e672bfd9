using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using OrthancCloudFs.Buckets.Local;
using OrthancCloudFs.TestKit;
using OrthancCloudFs.TestKit.Programs;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests.Local;

public sealed class LocalDirectoryBucketTests : BucketContract
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orthanc-cloudfs-test-").FullName;

    private string Root => Path.Combine(_directory, "new", "bucket");

    /// <summary>Windows has fewer names for files.</summary>
    protected override string[] OddKeys => OperatingSystem.IsWindows()
        ? [.. base.OddKeys.Where(key => key.Split('/').All(LocalKeys.IsName)), "quote'", "x#y", "..dots/x"]
        : base.OddKeys;

    protected override ValueTask<IBucket> OpenAsync() => ValueTask.FromResult<IBucket>(new LocalDirectoryBucket(Root));

    protected override ValueTask CloseAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_key_is_the_path_below_the_directory()
    {
        var content = Content(100);
        await PutAsync("aa/bb/object", content);
        Assert.Equal(content, await File.ReadAllBytesAsync(Path.Combine(Root, "aa", "bb", "object")));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("a/..")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("./a")]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData(".orthanc-cloudfs-staging/x")]
    public async Task A_key_that_is_no_path_below_the_directory_is_refused(string key)
    {
        Func<Task>[] operations =
        [
            () => PutAsync(key, [1]),
            () => Bucket.HeadAsync(key, CancellationToken.None),
            () => Bucket.GetAsync(key, default, new BytesTarget(), CancellationToken.None),
            () => Bucket.DeleteAsync(key, CancellationToken.None),
        ];
        foreach (var operation in operations)
            Assert.Equal(BucketErrorKind.InvalidRequest, (await Assert.ThrowsAsync<BucketException>(operation)).Kind);
        Assert.False(File.Exists(Path.Combine(_directory, "new", "x")));
    }

    [Theory]
    [InlineData("../")]
    [InlineData("/")]
    [InlineData("a/../")]
    [InlineData(".orthanc-cloudfs-staging/")]
    public async Task A_prefix_outside_lists_nothing(string prefix)
    {
        await PutAsync("a/b", [1]);
        await File.WriteAllTextAsync(Path.Combine(_directory, "new", "outside"), "secret");
        Assert.Empty((await Bucket.ListAsync(prefix, null, null, 10, CancellationToken.None)).Objects);
    }

    [Theory]
    [InlineData("a?b")]
    [InlineData("a\\b")]
    [InlineData("a:b")]
    [InlineData("a/b.")]
    [InlineData("a/b ")]
    [InlineData("a./b")]
    [InlineData("nul")]
    [InlineData("a/Com1.dcm")]
    public async Task What_Windows_takes_for_another_name_is_refused_there(string key)
    {
        var put = PutAsync(key, [1]);
        if (OperatingSystem.IsWindows())
            Assert.Equal(BucketErrorKind.InvalidRequest, (await Assert.ThrowsAsync<BucketException>(() => put)).Kind);
        else
            await put;
        Assert.Equal(OperatingSystem.IsWindows() ? [] : [key], await ListKeysAsync("", 10));
        Assert.Empty(await ListKeysAsync(key + "/", 10));
    }

    [Fact]
    public async Task A_folder_that_is_missing_or_a_file_lists_nothing()
    {
        await PutAsync("aa/object", [1]);
        Assert.Empty(await ListKeysAsync("missing/", 10));
        Assert.Empty(await ListKeysAsync("aa/object/", 10));
    }

    /// <summary>Windows takes more than 260 characters in one form of a path only.</summary>
    [Fact]
    public async Task A_long_key_is_stored_replaced_and_deleted()
    {
        var key = string.Join('/', Enumerable.Repeat(new string('x', 100), 5));
        await PutAsync(key, [1], new PutOptions(IfAbsent: true));
        await PutAsync(key, [2]);
        Assert.Equal([2], await ReadAsync(key));
        Assert.Equal([key], await ListKeysAsync("", 10));
        await Bucket.DeleteAsync(key, CancellationToken.None);
        Assert.Equal([LocalKeys.StagingFolder], Directory.GetFileSystemEntries(Root).Select(Path.GetFileName));
    }

    [Fact]
    public async Task An_object_that_is_being_read_is_replaced_and_the_reader_keeps_it()
    {
        await PutAsync("aa/object", Content(100_000));
        using var target = new PausingTarget();
        var read = Task.Run(() => Bucket.GetAsync("aa/object", default, target, CancellationToken.None));
        await target.Reached;
        var put = PutAsync("aa/object", Content(10, seed: 2));
        if (!Wine.IsRunning)
            await put; // Wine waits for the reader
        target.Resume();
        Assert.True(await read);
        await put;
        Assert.Equal(Content(100_000), target.Bytes.ToArray());
        Assert.Equal(Content(10, seed: 2), await ReadAsync("aa/object"));
    }

    [Fact]
    public async Task Files_and_folders_are_for_the_owner_alone()
    {
        await PutAsync("aa/bb/object", [1]);
        if (OperatingSystem.IsWindows())
        {
            AssertPrivate(new DirectoryInfo(Root).GetAccessControl());
            AssertPrivate(new DirectoryInfo(Path.Combine(Root, LocalKeys.StagingFolder)).GetAccessControl());
            AssertPrivate(new FileInfo(Path.Combine(Root, "aa", "bb", "object")).GetAccessControl());
            return;
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Root, "aa/bb/object")));
        foreach (var folder in new[] { "", "aa", "aa/bb", LocalKeys.StagingFolder })
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(Root, folder)));
        }
    }

    [Fact]
    public async Task A_delete_removes_the_folders_that_it_empties()
    {
        await PutAsync("aa/bb/1", [1]);
        await PutAsync("aa/cc/1", [1]);
        await Bucket.DeleteAsync("aa/bb/1", CancellationToken.None);
        Assert.Equal(["cc"], Directory.GetDirectories(Path.Combine(Root, "aa")).Select(Path.GetFileName));
        await Bucket.DeleteAsync("aa/cc/1", CancellationToken.None);
        Assert.Equal([LocalKeys.StagingFolder], Directory.GetFileSystemEntries(Root).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Leftovers_of_a_crash_are_removed_and_work_in_progress_is_not()
    {
        var staging = Path.Combine(Root, LocalKeys.StagingFolder);
        var crashed = Directory.CreateDirectory(Path.Combine(staging, "crashed")).FullName;
        await File.WriteAllTextAsync(crashed + ".lock", "");
        await File.WriteAllTextAsync(Path.Combine(crashed, "1.tmp"), "half an object");
        var foreign = Path.Combine(staging, "notes.txt");
        await File.WriteAllTextAsync(foreign, "not ours");

        // Another process opens the same directory while this one uploads.
        using var source = new PausingSource(Content(100_000));
        var upload = Bucket.PutAsync("object", source, new PutOptions(), CancellationToken.None);
        await source.Reached;
        await using (new LocalDirectoryBucket(Root))
        {
            Assert.False(Directory.Exists(crashed));
            Assert.False(File.Exists(crashed + ".lock"));
            Assert.True(File.Exists(foreign));
            Assert.Empty(await ListKeysAsync("", 10));
        }
        source.Resume();
        await upload;
        Assert.Equal(["object"], await ListKeysAsync("", 10));
    }

    [Fact]
    public async Task A_directory_that_went_away_is_no_missing_object()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows moves no folder in which a file is open");
        Directory.Move(Root, Root + "-unmounted");
        Directory.CreateDirectory(Root);
        Func<Task>[] operations =
        [
            () => Bucket.HeadAsync("object", CancellationToken.None),
            () => Bucket.GetAsync("object", default, new BytesTarget(), CancellationToken.None),
            () => PutAsync("object", [1]),
            () => Bucket.DeleteAsync("object", CancellationToken.None),
            () => Bucket.ListAsync("", null, null, 10, CancellationToken.None),
        ];
        foreach (var operation in operations)
            Assert.Equal(BucketErrorKind.NoSuchBucket, (await Assert.ThrowsAsync<BucketException>(operation)).Kind);
    }

    [Fact]
    public async Task A_key_that_is_the_folder_of_others_is_refused()
    {
        await PutAsync("a/b", [1]);
        Assert.Equal(BucketErrorKind.InvalidRequest, (await Assert.ThrowsAsync<BucketException>(() => PutAsync("a", [1]))).Kind);
        Assert.Equal(BucketErrorKind.InvalidRequest, (await Assert.ThrowsAsync<BucketException>(() => PutAsync("a/b/c", [1]))).Kind);
        Assert.Equal(["a/b"], await ListKeysAsync("", 10));
    }

    [Fact]
    public async Task A_full_disk_is_said_and_leaves_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "mounting a small tmpfs needs root");
        var disk = Directory.CreateDirectory(Path.Combine(_directory, "disk")).FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk);
        try
        {
            await using var bucket = new LocalDirectoryBucket(Path.Combine(disk, "bucket"));
            var failure = await Assert.ThrowsAsync<BucketException>(
                () => bucket.PutAsync("object", new BytesSource(Content(2 << 20)), new PutOptions(), CancellationToken.None));
            Assert.Equal(BucketErrorKind.NoSpace, failure.Kind);
            Assert.Null(await bucket.HeadAsync("object", CancellationToken.None));
            await bucket.PutAsync("object", new BytesSource(Content(900_000)), new PutOptions(), CancellationToken.None);
        }
        finally
        {
            await RunAsync("umount", disk);
        }
    }

    [Fact]
    public async Task Puts_survive_another_process_that_removes_their_folders()
    {
        using var stop = new CancellationTokenSource();
        var folder = Path.Combine(Root, "aa");
        var remover = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    Directory.Delete(folder);
                }
                catch (IOException)
                {
                    // Not empty, or not there now.
                }
                Thread.Sleep(1);
            }
        });
        for (var i = 0; i < 100; i++)
        {
            await PutAsync($"aa/{i}", [1]);
            File.Delete(Path.Combine(folder, $"{i}"));
        }
        await stop.CancelAsync();
        await remover;
    }

    [SupportedOSPlatform("windows")]
    private static void AssertPrivate(FileSystemSecurity security)
    {
        using var account = WindowsIdentity.GetCurrent();
        foreach (FileSystemAccessRule rule in security.GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier)))
            Assert.True(rule.IdentityReference.Value is "S-1-5-18" or "S-1-5-32-544" || rule.IdentityReference == account.User, $"{rule.IdentityReference}");
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>Stands still before its first bytes.</summary>
    private sealed class PausingTarget : IDownloadTarget, IDisposable
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _resume = new();

        public BytesTarget Bytes { get; } = new();

        public Task Reached => _reached.Task;

        public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken)
        {
            _reached.SetResult();
            _resume.Wait(cancellationToken);
            return Bytes.BeginAsync(info, length, cancellationToken);
        }

        public Memory<byte> GetBuffer() => Bytes.GetBuffer();

        public void Advance(int count) => Bytes.Advance(count);

        public void Resume() => _resume.Set();

        public void Dispose() => _resume.Dispose();
    }

    /// <summary>Stands still after its first bytes.</summary>
    private sealed class PausingSource(byte[] content) : IUploadSource, IDisposable
    {
        private readonly TaskCompletionSource _reached = new();
        private readonly ManualResetEventSlim _resume = new();

        public long Length => content.Length;

        public Task Reached => _reached.Task;

        public Stream OpenRead() => new Pausing(content, this);

        public void Resume() => _resume.Set();

        public void Dispose() => _resume.Dispose();

        private sealed class Pausing(byte[] content, PausingSource owner) : MemoryStream(content, writable: false)
        {
            public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            {
                if (Position > 0)
                {
                    owner._reached.TrySetResult();
                    owner._resume.Wait(cancellationToken);
                }
                return base.ReadAsync(buffer[..Math.Min(buffer.Length, 1000)], cancellationToken);
            }
        }
    }
}
