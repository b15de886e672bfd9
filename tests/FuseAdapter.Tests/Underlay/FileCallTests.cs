using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Underlay;

/// <summary>Random file calls give the same below the mount as on tmpfs. A failure names the seed that repeats it.</summary>
public class FileCallTests
{
    private const int Steps = 4000;

    [Theory(Timeout = 240_000)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public Task Thousands_of_random_calls_give_the_same_as_on_tmpfs(int seed, bool writebackCache) => CompareAsync(seed, writebackCache);

    [Fact(Timeout = 240_000)]
    public Task And_so_do_others_every_time() => CompareAsync(Random.Shared.Next(1000, int.MaxValue), writebackCache: true);

    private static async Task CompareAsync(int seed, bool writebackCache)
    {
        await using UnderlayMount mount = UnderlayMount.Create(writebackCache);
        string reference = Directory.CreateDirectory($"/dev/shm/orthanc-cloudfs-{Guid.NewGuid():N}").FullName;
        try
        {
            await mount.PythonFileAsync("file_calls.py", mount.MountPoint, reference, seed.ToString(), Steps.ToString());
        }
        finally
        {
            Directory.Delete(reference, recursive: true);
        }
    }
}
