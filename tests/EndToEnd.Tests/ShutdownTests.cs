using System.Diagnostics;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>SIGTERM in the middle of work: whoever was told that a store is done finds it in the bucket, and nothing else is there.</summary>
[Collection(nameof(Alone))]
public sealed class ShutdownTests(SharedServers servers)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    [Fact(Timeout = 120_000)]
    public async Task A_file_that_is_closed_in_time_is_committed()
    {
        await using Site site = await MountedAsync();
        string name = SiteFiles.NewName();
        byte[] content = SiteFiles.RandomContent(300_000);
        int processId = await TerminateSoonAsync(site);
        await using (FileStream file = site.CreateAttachment(name))
        {
            await file.WriteAsync(content.AsMemory(0, 200_000));
            await Task.Delay(2 * Soon);
            await file.WriteAsync(content.AsMemory(200_000));
            file.Synchronize();
        }

        await AssertEndedAsync(site, processId);
        Assert.Equal(content, (await site.RunAsync("cat", name)).Succeeded("cat").OutputBytes.ToArray());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_file_that_stays_open_fails_and_leaves_no_object()
    {
        await using Site site = await MountedAsync();
        int processId = await TerminateSoonAsync(site);
        FileStream file = site.CreateAttachment(SiteFiles.NewName());
        await file.WriteAsync(SiteFiles.RandomContent(300_000));
        await AssertEndedAsync(site, processId);
        Assert.ThrowsAny<IOException>(file.Synchronize);
        file.Close(); // .NET does not report what close answers; the bucket shows it
        Assert.Empty(await site.Bucket.KeysAsync());
        Assert.Contains("still open", await site.ReadLogAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Nothing_new_is_opened_while_what_is_open_goes_on()
    {
        const int ESHUTDOWN = 108;
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        await site.ConfigureAsync(root => root["OrthancCloudFs"]!["ShutdownTimeout"] = 100);
        await site.MountAsync();
        (string name, string stored) = (SiteFiles.NewName(), SiteFiles.NewName());
        await site.WriteAttachmentAsync(stored, SiteFiles.RandomContent(1000));
        int processId = await TerminateSoonAsync(site);
        await using (FileStream file = site.CreateAttachment(name))
        {
            await file.WriteAsync(SiteFiles.RandomContent(200_000));
            IOException refused = await RefusedSoonAsync(() => File.ReadAllBytes(site.PathOf(stored)));
            Assert.Equal(ESHUTDOWN, refused.HResult);
            Assert.Equal(ESHUTDOWN, Assert.ThrowsAny<IOException>(() => site.CreateAttachment(SiteFiles.NewName())).HResult);
            await file.WriteAsync(SiteFiles.RandomContent(100_000));
            file.Synchronize();
        }

        await AssertEndedAsync(site, processId);
        Assert.Equal(2, (await site.Bucket.KeysAsync()).Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_is_started_meanwhile_ends_the_file_and_holds_nothing_up()
    {
        await using Site site = await MountedAsync();
        await using FileStream file = site.CreateAttachment(SiteFiles.NewName());
        await file.WriteAsync(SiteFiles.RandomContent(300_000));

        // Its copy of the descriptor is closed by execve(2), during which the kernel lets nobody look at the process.
        (await ExternalProgram.RunAsync("true")).Succeeded("true");
        Assert.Single(await site.Bucket.KeysAsync());
    }

    [Fact(Timeout = 120_000)]
    public async Task Under_load_a_store_is_either_acknowledged_and_whole_or_absent()
    {
        const int Length = 200_000;
        await using Site site = await MountedAsync();
        int processId = await TerminateSoonAsync(site);
        var acknowledged = new List<(string Name, byte[] Content)>();
        Task[] writers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                (string name, byte[] content) = (SiteFiles.NewName(), SiteFiles.RandomContent(Length));
                try
                {
                    await site.WriteAttachmentAsync(name, content);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    return; // the mount has gone, and beneath it the guard refuses the folder
                }

                lock (acknowledged)
                    acknowledged.Add((name, content));
            }
        }))];
        await AssertEndedAsync(site, processId);
        await Task.WhenAll(writers);

        await site.MountAsync();
        Assert.NotEmpty(acknowledged);
        foreach ((string name, byte[] content) in acknowledged)
            Assert.Equal(content, await File.ReadAllBytesAsync(site.PathOf(name)));
        foreach (string path in Directory.EnumerateFiles(site.MountPoint, "*-*-*-*-*", SearchOption.AllDirectories))
            Assert.Equal(Length, (await File.ReadAllBytesAsync(path)).Length);
    }

    private async Task<Site> MountedAsync()
    {
        Site site = await Site.CreateAsync(new SiteSetup(), servers);
        await site.MountAsync();
        return site;
    }

    /// <summary>
    /// Has SIGTERM sent to the program behind the mount in a moment; returns its process id. The test starts no process while it writes:
    /// that one would close a copy of the file's descriptor, and so end the file.
    /// </summary>
    private static async Task<int> TerminateSoonAsync(Site site)
    {
        int processId = (await site.StatusAsync()).ProcessId;
        using var sender = Process.Start(ExternalProgram.StartInfo("bash", ["-c", $"sleep {Soon.TotalSeconds}; kill -TERM {processId}"]));
        return processId;
    }

    private static async Task<IOException> RefusedSoonAsync(Action action)
    {
        while (true)
        {
            try
            {
                action();
            }
            catch (IOException e)
            {
                return e;
            }

            await Task.Delay(50);
        }
    }

    private static async Task AssertEndedAsync(Site site, int processId)
    {
        for (int attempt = 0; attempt < 300 && Directory.Exists($"/proc/{processId}"); attempt++)
            await Task.Delay(100);
        Assert.False(Directory.Exists($"/proc/{processId}"), "the program should end within 30 seconds");
        Assert.DoesNotContain(site.MountPoint, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }
}
