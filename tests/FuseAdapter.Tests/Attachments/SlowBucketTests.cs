using System.Diagnostics;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Buckets.Memory;
using OrthancCloudFs.FuseAdapter.Tests.Requests;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Attachments;

/// <summary>A slow bucket holds up those who wait for it and nobody else, and who waits can be interrupted.</summary>
public class SlowBucketTests
{
    private const int Readers = 20; // many more than threads that read requests

    private static readonly RetryOptions Patient = new() { MaxRetries = 0, TotalTimeout = TimeSpan.FromMinutes(5) };

    [Fact(Timeout = 180_000)]
    public async Task Stalled_readers_hold_up_nobody_else_and_go_away_when_killed()
    {
        MountSetup setup = await StoredAsync();
        await using StorageMount mount = StorageMount.Create(setup);
        FaultRule stalled = mount.Bucket.Inject(BucketOperation.Get, Fault.Stall(), key => key.Contains("/ab12", StringComparison.Ordinal));
        Process[] readers = [.. Enumerable.Range(0, Readers).Select(
            i => SystemCalls.Start("/bin/cat", mount.PathOf(Uuids.InOneFolder(i))))];
        try
        {
            await Eventually.TrueAsync(() => stalled.Hits == Readers);
            IReadOnlyList<CallResult> others = await SystemCalls.RunAsync(
            [
                $"stat {mount.MountPoint}",
                .. OrthancCalls.Read(mount.PathOf(Uuids.Other)),
                .. OrthancCalls.Store(mount.PathOf(Uuids.Spread(77)), 100_000).Skip(1),
            ]);
            Assert.DoesNotContain(others, call => call.Error is not null);
            Assert.InRange(others.Sum(call => call.Seconds), 0, 10);
            Assert.DoesNotContain(readers, reader => reader.HasExited);

            long started = Stopwatch.GetTimestamp();
            foreach (Process reader in readers)
                reader.Kill(); // SIGKILL
            foreach (Process reader in readers)
                await reader.WaitForExitAsync();
            Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 10);
            mount.Bucket.Heal();
            await SystemCalls.SucceedAsync(OrthancCalls.Read(mount.PathOf(Uuids.InOneFolder(0))));
        }
        finally
        {
            mount.Bucket.Heal();
            foreach (Process reader in readers)
                reader.Dispose();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_signal_interrupts_an_open_that_waits()
    {
        MountSetup setup = await StoredAsync();
        await using StorageMount mount = StorageMount.Create(setup);
        string path = mount.PathOf(Uuids.Other);
        await SystemCalls.ShellSucceedsAsync($"ls -l {Path.GetDirectoryName(path)}");
        mount.Bucket.Inject(BucketOperation.Get, Fault.Stall());
        (int exitCode, string output, _) = await SystemCalls.ShellAsync($"timeout --signal=INT --kill-after=30 1 cat {path}; echo $?");
        Assert.Equal((0, "124\n"), (exitCode, output));
        await Eventually.TrueAsync(() => mount.Session.Counters.Interrupted > 0);
        mount.Bucket.Heal();
    }

    [Theory(Timeout = 120_000)]
    [InlineData(1.5, "ok")]
    [InlineData(20, "Interrupted system call")]
    public async Task A_signal_with_a_handler_fails_no_call_that_ends_soon(double seconds, string expected)
    {
        MountSetup setup = await StoredAsync();
        await using StorageMount mount = StorageMount.Create(setup);
        string path = mount.PathOf(Uuids.Other);
        await SystemCalls.ShellSucceedsAsync($"ls -l {Path.GetDirectoryName(path)}");
        mount.Bucket.Inject(BucketOperation.Get, Fault.Delay(TimeSpan.FromSeconds(seconds)));
        string script = $$"""$SIG{ALRM} = sub { $n++ }; alarm 1; print open(F, "<", "{{path}}") ? "ok" : $!; die "no signal" unless $n""";
        Assert.Equal(expected, await SystemCalls.ShellSucceedsAsync($"perl -e '{script}'"));
    }

    [Fact(Timeout = 120_000)]
    public async Task An_operation_ends_with_ETIMEDOUT_at_its_deadline()
    {
        MountSetup setup = await StoredAsync();
        await using StorageMount mount = StorageMount.Create(setup with { OperationDeadline = TimeSpan.FromSeconds(2) });
        mount.Bucket.Inject(BucketOperation.Get, Fault.Stall());
        CallResult looked = await SystemCalls.OneAsync($"stat {mount.PathOf(Uuids.Other)}");
        Assert.Equal("ETIMEDOUT", looked.Error);
        Assert.InRange(looked.Seconds, 1, 30);
        mount.Bucket.Heal();
        await SystemCalls.SucceedAsync(OrthancCalls.Read(mount.PathOf(Uuids.Other)));
    }

    private static async Task<MountSetup> StoredAsync()
    {
        var setup = new MountSetup { Bucket = new MemoryBucket(), Retries = Patient };
        await using StorageMount writer = StorageMount.Create(setup);
        await SystemCalls.SucceedAsync(
            [.. OrthancCalls.Store(writer.PathOf(Uuids.Other), 50_000).Skip(1),
                .. Enumerable.Range(0, Readers).SelectMany(i => OrthancCalls.Store(writer.PathOf(Uuids.InOneFolder(i)), 10_000).Skip(1))]);
        return setup;
    }
}
