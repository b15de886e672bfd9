using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Orthanc;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>What was stored outlives Orthanc, the mount, and a crash of either.</summary>
public sealed class RestartTests(SharedServers servers)
{
    private readonly DicomFactory _dicom = new(seed: 2);

    [Theory(Timeout = 180_000)]
    [InlineData(BucketKind.Local)]
    [InlineData(BucketKind.Ceph)]
    public async Task Images_outlive_restarts_and_a_crash(BucketKind bucket)
    {
        await using Site site = await Site.StartAsync(new SiteSetup { Bucket = bucket }, servers);
        DicomInstance image = _dicom.Create(300_000);
        string id = await site.Rest.StoreAsync(image);

        await site.StopOrthancAsync();
        await site.StartOrthancAsync();
        Assert.Equal(image.Bytes, await site.Rest.FileAsync(id));

        await site.StopOrthancAsync();
        await site.UnmountAsync();
        await site.MountAsync();
        await site.StartOrthancAsync();
        Assert.Equal(image.Bytes, await site.Rest.FileAsync(id));

        await CloudFsProgram.KillAsync(site.MountPoint);
        await site.StopOrthancAsync();
        Assert.ThrowsAny<IOException>(() => Directory.GetFileSystemEntries(site.MountPoint));
        await site.MountAsync();
        await site.StartOrthancAsync();
        Assert.Equal(image.Bytes, await site.Rest.FileAsync(id));
        await site.Rest.DeleteInstanceAsync(id);
        Assert.Empty(await site.KeysOnceDeletedAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_stale_mount_can_be_unmounted()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        await site.MountAsync();
        await CloudFsProgram.KillAsync(site.MountPoint);
        await site.UnmountAsync();
        Assert.NotEqual(0, (await ExternalProgram.RunAsync("mountpoint", "-q", site.MountPoint)).ExitCode);
    }

    [Fact(Timeout = 180_000)]
    public async Task SIGTERM_unmounts()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        await site.MountAsync();
        int processId = (await site.StatusAsync()).ProcessId;
        await ExternalProgram.RunAsync("kill", "-TERM", $"{processId}");
        Assert.True(await EventuallyAsync(() => !Directory.Exists($"/proc/{processId}")), "the program should end");
        Assert.NotEqual(0, (await ExternalProgram.RunAsync("mountpoint", "-q", site.MountPoint)).ExitCode);
    }

    private static async Task<bool> EventuallyAsync(Func<bool> condition)
    {
        for (int attempt = 0; attempt < 150 && !condition(); attempt++)
            await Task.Delay(100);
        return condition();
    }
}
