using OrthancCloudFs.FuseAdapter.Tests.Requests;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Attachments;

/// <summary>Many clients over little staging memory: all of them finish, in turn, and with the right bytes.</summary>
public class MemoryBudgetTests
{
    private const int Clients = 50;

    [Theory(Timeout = 240_000)]
    [InlineData(16)]
    [InlineData(32)]
    public async Task Fifty_clients_store_and_read_over_a_small_budget(int budgetInMebibytes)
    {
        await using StorageMount mount = StorageMount.Create(new MountSetup { StagingBytes = (long)budgetInMebibytes << 20 });
        (int exitCode, string output, string errors) =
            await SystemCalls.PythonAsync("Attachments/many_clients.py", mount.MountPoint, Clients.ToString(), (2 << 20).ToString());
        Assert.True(exitCode == 0, errors);
        Assert.Equal($"{Clients}\n", output);
        await Eventually.TrueAsync(() => mount.Staging.Reserved == mount.Store.Counters.StagingClean);
        Assert.Equal(0, mount.Staging.Waiting);
        Assert.Equal(0, mount.Memory.Count);
        Assert.Equal(Clients, mount.Store.Counters.Commits);
    }
}
