using System.Diagnostics;
using FuseServer.Tests.Support;
using Xunit;

namespace FuseServer.Tests;

/// <summary>Slow, wrong and dying parts around a real mount.</summary>
public sealed class FailureTests
{
    private const int Limit = 90_000;

    [Fact(Timeout = Limit)]
    public async Task Slow_requests_do_not_hold_others()
    {
        SlowFileSystem fileSystem = new() { LookupDelay = TimeSpan.FromSeconds(2) };
        fileSystem.AddFile("f", new byte[1 << 20]);
        await using TestMount mount = TestMount.Create(fileSystem);
        Process[] slow = [.. Enumerable.Range(0, 20).Select(i => Programs.Start("stat", mount.PathOf($"slow{i}")))];
        await WaitUntilAsync(() => mount.Session.Counters.InFlight >= 20);
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal("1048576", await Task.Run(() => Programs.Shell($"cat {mount.PathOf("f")} | wc -c")));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(1.5), $"{watch.Elapsed}");
        foreach (Process process in slow)
        {
            await process.WaitForExitAsync();
            Assert.Equal(1, process.ExitCode);
            process.Dispose();
        }
        Assert.Equal(0, mount.Session.Counters.InFlight);
    }

    [Fact(Timeout = Limit)]
    public async Task A_session_whose_readers_are_all_held_up_does_not_serve()
    {
        SlowFileSystem fileSystem = new() { BlocksLookups = true };
        await using TestMount mount = TestMount.Create(fileSystem, TestMount.DefaultOptions with { ReaderThreads = 2 });
        Assert.True(mount.Session.IsServing(TimeSpan.FromMilliseconds(50)));
        Process[] held = [.. Enumerable.Range(0, 2).Select(i => Programs.Start("stat", mount.PathOf($"blocked{i}")))];
        try
        {
            await WaitUntilAsync(() => !mount.Session.IsServing(TimeSpan.FromMilliseconds(50)));
            Assert.True(mount.Session.IsServing(TimeSpan.FromHours(1)));
        }
        finally
        {
            fileSystem.Blocked.Set();
        }
        await WaitUntilAsync(() => mount.Session.IsServing(TimeSpan.FromMilliseconds(50)));
        foreach (Process process in held)
        {
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_killed_reader_interrupts_its_request_and_dies_at_once()
    {
        // Through the page cache the kernel would send no INTERRUPT: nobody waits for the request itself, only for the page.
        SlowFileSystem fileSystem = new() { HangsInRead = true, OpenFlags = OpenReplyFlags.DirectIo };
        fileSystem.AddFile("f", new byte[10]);
        await using TestMount mount = TestMount.Create(fileSystem);
        using Process process = Programs.Start("cat", mount.PathOf("f"));
        await WaitUntilAsync(() => fileSystem.IsHanging);
        Stopwatch watch = Stopwatch.StartNew();
        process.Kill();
        await process.WaitForExitAsync();
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"{watch.Elapsed}");
        await WaitUntilAsync(() => mount.Session.Counters.InFlight == 0);
        Assert.True(fileSystem.WasInterrupted);
        Assert.True(mount.Session.Counters.Interrupted >= 1);
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Past_its_deadline_a_request_fails_whether_the_handler_listens_or_not(bool listens)
    {
        SlowFileSystem fileSystem = new() { HangsInRead = listens, IgnoresReads = !listens };
        fileSystem.AddFile("f", new byte[10]);
        await using TestMount mount = TestMount.Create(fileSystem, TestMount.DefaultOptions with
        {
            OperationDeadline = TimeSpan.FromSeconds(1),
            DeadlineGrace = TimeSpan.FromMilliseconds(500),
        });
        (int exit, _, string error) = await Task.Run(() => Programs.Run("cat", mount.PathOf("f")));
        Assert.Equal(1, exit);
        Assert.Contains("Connection timed out", error, StringComparison.Ordinal);
        Assert.False(fileSystem.WasInterrupted);
        Assert.True(mount.Session.Counters.TimedOut >= 1);
        foreach (ReadRequest late in fileSystem.Ignored)
            late.ReplyEmpty(); // dropped without harm
        await WaitUntilAsync(() => mount.Session.Counters.InFlight == 0);
        Assert.Equal("f", await Task.Run(() => Programs.Shell($"ls {mount.Directory}")));
    }

    [Fact(Timeout = Limit)]
    public async Task Errors_of_fsync_and_flush_reach_the_caller()
    {
        MemoryFileSystem fileSystem = new() { SynchronizeError = Errno.EREMOTEIO };
        await using TestMount mount = TestMount.Create(fileSystem);
        (int exit, _, string error) = await Task.Run(
            () => Programs.Run("dd", "if=/dev/zero", $"of={mount.PathOf("f")}", "count=1", "conv=fsync", "status=none"));
        Assert.Equal(1, exit);
        Assert.Contains("Remote I/O error", error, StringComparison.Ordinal);

        fileSystem.SynchronizeError = Errno.None;
        fileSystem.FlushError = Errno.ENOSPC;
        (exit, _, error) = await Task.Run(() => Programs.Run("cp", "/bin/true", mount.PathOf("g")));
        Assert.Equal(1, exit);
        Assert.Contains("No space left on device", error, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_handler_that_throws_answers_with_an_input_output_error()
    {
        SlowFileSystem fileSystem = new() { ThrowsInRead = true };
        fileSystem.AddFile("f", new byte[10]);
        await using TestMount mount = TestMount.Create(fileSystem);
        (_, _, string error) = await Task.Run(() => Programs.Run("cat", mount.PathOf("f")));
        Assert.Contains("Input/output error", error, StringComparison.Ordinal);
        Assert.True(mount.Session.Counters.HandlerFailures >= 1);
        Assert.Equal(0, mount.Session.Counters.InFlight);
    }

    [Fact(Timeout = Limit)]
    public async Task A_mount_in_use_is_not_unmounted_and_goes_on_serving()
    {
        MemoryFileSystem fileSystem = new();
        fileSystem.AddFile("f", "content"u8.ToArray());
        await using TestMount mount = TestMount.Create(fileSystem);
        using Process user = Programs.Start("bash", "-c", $"cd {mount.Directory}; echo ready; exec sleep 60");
        Assert.Equal("ready", await user.StandardOutput.ReadLineAsync());
        FuseMountException exception = await Assert.ThrowsAsync<FuseMountException>(() => mount.Session.UnmountAsync());
        Assert.Equal(Errno.EBUSY, exception.Error);
        Assert.False(mount.Session.Completion.IsCompleted);
        Assert.Equal("content", await Task.Run(() => Programs.Shell($"cat {mount.PathOf("f")}")));
        user.Kill();
        await user.WaitForExitAsync();
        await mount.Session.UnmountAsync();
        Assert.True(fileSystem.IsDestroyed);
    }

    [Fact(Timeout = Limit)]
    public async Task Requests_in_flight_end_when_the_mount_is_aborted()
    {
        SlowFileSystem fileSystem = new() { HangsInRead = true };
        fileSystem.AddFile("f", new byte[10]);
        TestMount mount = TestMount.Create(fileSystem);
        using Process process = Programs.Start("cat", mount.PathOf("f"));
        await WaitUntilAsync(() => fileSystem.IsHanging);
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(3));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => mount.Session.UnmountAsync(UnmountMode.Abort, timeout.Token));
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        await WaitUntilAsync(() => mount.Session.Counters.InFlight == 0);
        Assert.True(mount.Session.Completion.IsCompleted);
        await mount.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Completion_ends_when_someone_else_unmounts()
    {
        await using TestMount mount = TestMount.Create(new MemoryFileSystem());
        await Task.Run(() => Programs.Shell($"umount {mount.Directory}"));
        await mount.Session.Completion.WaitAsync(TimeSpan.FromSeconds(10));
        await mount.Session.UnmountAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task The_mount_of_a_dead_server_is_cleared_and_a_live_one_is_not()
    {
        string directory = Directory.CreateTempSubdirectory("fuseserver with space-").FullName;
        try
        {
            // The shell holds the connection and ends without unmounting, as a crash does.
            await Task.Run(() => Programs.Shell(
                $"exec 9<>/dev/fuse; mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none '{directory}'"));
            (_, _, string error) = await Task.Run(() => Programs.Run("stat", directory + "/."));
            Assert.Contains("not connected", error, StringComparison.Ordinal);

            Assert.True(await Task.Run(() => FuseSession.TryClearStaleMount(directory)));
            Assert.False(await Task.Run(() => FuseSession.TryClearStaleMount(directory)));
            await using FuseSession session = FuseSession.Mount(directory, new MemoryFileSystem(), TestMount.DefaultOptions);
            Assert.False(await Task.Run(() => FuseSession.TryClearStaleMount(directory)));
            Assert.Equal("", await Task.Run(() => Programs.Shell($"ls '{directory}'")));
        }
        finally
        {
            Directory.Delete(directory);
        }
    }

    [Fact]
    public void A_mount_point_that_does_not_exist_is_reported_in_one_line()
    {
        FuseMountException exception = Assert.Throws<FuseMountException>(
            () => FuseSession.Mount("/nonexistent/mount", new MemoryFileSystem(), TestMount.DefaultOptions));
        Assert.Equal("cannot mount on /nonexistent/mount: ENOENT; the directory does not exist", exception.Message);
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "waited in vain");
            await Task.Delay(10);
        }
    }

    private sealed class SlowFileSystem : MemoryFileSystem
    {
        public TimeSpan LookupDelay { get; init; }

        public bool BlocksLookups { get; init; }

        public ManualResetEventSlim Blocked { get; } = new();

        public bool HangsInRead { get; init; }

        public bool IgnoresReads { get; init; }

        public bool ThrowsInRead { get; init; }

        public bool IsHanging { get; private set; }

        public bool WasInterrupted { get; private set; }

        public System.Collections.Concurrent.ConcurrentBag<ReadRequest> Ignored { get; } = [];

        public override void Lookup(LookupRequest request)
        {
            if (BlocksLookups)
                Blocked.Wait();
            if (LookupDelay > TimeSpan.Zero && request.Name.StartsWith("slow"u8))
                _ = AnswerLaterAsync(request);
            else
                base.Lookup(request);
        }

        public override void Read(ReadRequest request)
        {
            if (ThrowsInRead)
                throw new InvalidOperationException("as the test wants it");
            if (IgnoresReads)
                Ignored.Add(request);
            else if (HangsInRead)
                _ = HangAsync(request);
            else
                base.Read(request);
        }

        private async Task AnswerLaterAsync(LookupRequest request)
        {
            await Task.Delay(LookupDelay);
            base.Lookup(request);
        }

        private async Task HangAsync(ReadRequest request)
        {
            try
            {
                IsHanging = true;
                await Task.Delay(Timeout.Infinite, request.CancellationToken);
            }
            catch (OperationCanceledException)
            {
                WasInterrupted |= request.IsInterrupted;
                request.Fail(request.IsInterrupted ? Errno.EINTR : Errno.ETIMEDOUT);
            }
        }
    }
}
