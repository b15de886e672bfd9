using System.Security.Cryptography;
using Azure.Storage.Blobs;
using OrthancCloudFs.Buckets.Azure;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.TestKit.Servers;

/// <summary>
/// Microsoft's emulator of Azure Blob Storage, of this test process's own, on a free port of 127.0.0.1. It ends with this object, and with
/// this process however that ends. Or else one that runs already, which stays: <see cref="RunningServer"/>.
/// </summary>
public sealed class AzuriteServer : IAsyncDisposable
{
    private const string Account = "testaccount";
    private const string Variable = "ORTHANC_CLOUDFS_TEST_AZURITE";

    private readonly ServerScript? _script;
    private readonly string _prefix = RunningServer.NewPrefix();
    private readonly string _key;
    private int _containers;

    private AzuriteServer(ServerScript? script, int port, string key)
    {
        (_script, Port, _key) = (script, port, key);
        Client = new BlobServiceClient(ConnectionString);
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Of the only account.</summary>
    public string ConnectionString => ConnectionStringOf(_key);

    /// <summary>A client of the SDK, to look at a container behind our back.</summary>
    public BlobServiceClient Client { get; }

    /// <summary>Starts one; takes some 2 seconds.</summary>
    /// <exception cref="InvalidOperationException">It did not come up; the message has the script's own words.</exception>
    public static async Task<AzuriteServer> StartAsync()
    {
        if (RunningServer.Find(Variable, words: 1) is var (running, words))
            return new AzuriteServer(null, running, words[0]);
        var port = LocalPort.Free(1)[0];
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
        var script = await ServerScript.StartAsync("azurite.sh", ServerScript.NewDirectory("azurite"), $"{port}", Account, key);
        return new AzuriteServer(script, port, key);
    }

    /// <summary>For the same account with another key.</summary>
    public string ConnectionStringOf(string key) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};BlobEndpoint=http://127.0.0.1:{Port}/{Account};";

    /// <summary>The name of a container that is nobody else's and does not exist yet.</summary>
    public string NewContainerName() => $"{_prefix}-{Interlocked.Increment(ref _containers)}";

    /// <summary>Settings for a new, empty container.</summary>
    public async Task<AzureBucketSettings> CreateContainerAsync()
    {
        var name = NewContainerName();
        await Client.CreateBlobContainerAsync(name);
        return new AzureBucketSettings { ContainerName = name, ConnectionString = ConnectionString };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _script?.DisposeAsync() ?? ValueTask.CompletedTask;
}
