using System.Globalization;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>
/// Files of many times the budget pass through the program as it is shipped. <c>make large</c> runs the same with
/// <see cref="SizeVariable"/> set to 3000.
/// </summary>
public sealed class LargeFileTests(SharedServers servers, ITestOutputHelper output)
{
    private const string SizeVariable = "ORTHANC_CLOUDFS_LARGE_MEGABYTES";
    private const int BudgetMegabytes = 64;
    private const int BesidesMegabytes = 150;
    private const string Name = "8f/3f/8f3f6c2e-1f0e-4f3b-9a55-0c6f1d7b2a10";

    private static readonly int Megabytes =
        int.Parse(Environment.GetEnvironmentVariable(SizeVariable) ?? "200", CultureInfo.InvariantCulture);

    /// <summary>The fake of Google's keeps what it stores in the memory of this process, so it gets no gigabytes.</summary>
    public static TheoryData<BucketKind> Buckets => Megabytes <= 1000
        ? new(BucketKind.Local, BucketKind.Ceph, BucketKind.Azurite, BucketKind.Google)
        : new(BucketKind.Local, BucketKind.Ceph, BucketKind.Azurite);

    [Theory(Timeout = 900_000)]
    [MemberData(nameof(Buckets))]
    public async Task A_file_of_many_times_the_budget_comes_back_whole_and_in_ranges(BucketKind bucket)
    {
        await using Site site = await Site.CreateAsync(new SiteSetup { Bucket = bucket, StagingMemory = BudgetMegabytes }, servers);
        string source = await MakeFileAsync(site);
        await site.MountAsync();
        string file = Path.Combine(site.MountPoint, Name);

        await TimeAsync("write", "dd", $"if={source}", $"of={file}", "bs=4k", "conv=fsync", "status=none");
        await TimeAsync("read", "cmp", source, file);
        await TimeAsync("200 ranges", "bash", "-c", $"""
            set -e
            for i in $(seq 200); do
              skip=$((RANDOM * RANDOM % ({Megabytes} * 900000))) count=$((RANDOM * 10 + 1))
              cmp <(dd if={source} bs=1M skip=$skip count=$count iflag=skip_bytes,count_bytes status=none) \
                  <(dd if={file} bs=1M skip=$skip count=$count iflag=skip_bytes,count_bytes status=none)
            done
            """);

        CloudFsStatus status = await site.StatusAsync();
        long peak = PeakResident(status.ProcessId);
        output.WriteLine($"{bucket}: {Megabytes} MB through a budget of {BudgetMegabytes} MB, peak resident {peak >> 20} MB");
        Assert.InRange(peak, 1, (long)(BudgetMegabytes + BesidesMegabytes) << 20);
        string key = Assert.Single(await site.Bucket.KeysAsync());
        Assert.EndsWith(".unk.enc", key, StringComparison.Ordinal);
        Assert.Equal(0, await site.Bucket.CountUploadsAsync());
        File.Delete(file);
        Assert.Empty(await site.KeysOnceDeletedAsync());
    }

    [Theory(Timeout = 900_000)]
    [InlineData(BucketKind.Local)]
    [InlineData(BucketKind.Ceph)]
    [InlineData(BucketKind.Azurite)]
    [InlineData(BucketKind.Google)]
    public async Task A_crash_in_the_middle_leaves_no_object_and_after_the_next_mount_no_parts(BucketKind bucket)
    {
        await using Site site = await Site.CreateAsync(new SiteSetup { Bucket = bucket, StagingMemory = BudgetMegabytes }, servers);
        await site.MountAsync();
        string file = Path.Combine(site.MountPoint, Name);
        Task<CommandResult> writing = ExternalProgram.RunAsync(
            "dd", "if=/dev/zero", $"of={file}", "bs=1M", "count=3000", "conv=fsync", "status=none");
        await EventuallyAsync(async () => (await site.StatusAsync()).Bucket("putPart") > 2, "parts are put");

        await CloudFsProgram.KillAsync(site.MountPoint);

        Assert.NotEqual(0, (await writing).ExitCode);
        Assert.Equal(1, await site.Bucket.CountUploadsAsync());
        await site.MountAsync();
        await EventuallyAsync(async () => await site.Bucket.CountUploadsAsync() == 0, "the upload is dropped");
        Assert.Empty(await site.Bucket.KeysAsync());
        Assert.False(File.Exists(file));
    }

    private static async Task<string> MakeFileAsync(Site site)
    {
        string path = Path.Combine(site.Scratch, "source");
        (await ExternalProgram.RunAsync("bash", "-c", $"head -c {Megabytes}000000 /dev/urandom > {path}")).Succeeded("head");
        return path;
    }

    private async Task TimeAsync(string what, string program, params string[] arguments)
    {
        long started = Environment.TickCount64;
        (await ExternalProgram.RunAsync(program, arguments)).Succeeded(what);
        output.WriteLine($"{what}: {(Environment.TickCount64 - started) / 1000.0:0.0} s");
    }

    /// <summary>VmHWM of proc(5), in bytes.</summary>
    private static long PeakResident(int processId)
    {
        string line = File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        for (int attempt = 0; !await condition(); attempt++)
        {
            Assert.True(attempt < 300, $"still not so: {what}");
            await Task.Delay(100);
        }
    }
}
