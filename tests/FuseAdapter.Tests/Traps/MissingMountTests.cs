using OrthancCloudFs.FuseAdapter.Tests.Requests;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Traps;

/// <summary>
/// Trap 7: without the mount, Orthanc would fill the local directory with plain images. The guard's files make its <c>mkdir</c> fail, and
/// are not seen through the mount.
/// </summary>
public class MissingMountTests
{
    [Fact(Timeout = 120_000)]
    public async Task Without_the_mount_a_store_fails_before_a_byte_is_written()
    {
        string folder = Directory.CreateTempSubdirectory("orthanc-cloudfs-guard-").FullName;
        try
        {
            UnderlayGuard.Place(folder);
            string path = Path.Combine(folder, Uuids.One[..2], Uuids.One[2..4], Uuids.One);
            IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
                $"stat {path}", $"mkdir {Path.Combine(folder, Uuids.One[..2])}", $"mkdir {Path.GetDirectoryName(path)}",
                $"open f {path} O_WRONLY|O_CREAT|O_TRUNC");
            Assert.Equal("ENOTDIR EEXIST ENOTDIR ENOTDIR", results.Outcomes());
            Assert.Equal(256, Directory.GetFileSystemEntries(folder).Length);
            Assert.Equal(0, UnderlayGuard.CountHashDirectories(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Under_the_mount_the_guard_is_invisible_and_in_nobodys_way()
    {
        await using StorageMount mount = StorageMount.Create(new MountSetup { Guarded = true });
        string path = mount.PathOf(Uuids.One);
        IReadOnlyList<CallResult> results = await SystemCalls.RunAsync(
            [$"list {mount.MountPoint}", $"stat {mount.MountPoint}/00", .. OrthancCalls.Store(path, 1000), $"list {mount.MountPoint}"]);
        Assert.Equal("", results[0].Value);
        Assert.Equal("folder", results[1].Value);
        Assert.Equal("ENOENT ok ok ok ok ok ok", results.Skip(2).Outcomes());
        Assert.Equal(Uuids.One[..2], results[^1].Value);
    }
}
