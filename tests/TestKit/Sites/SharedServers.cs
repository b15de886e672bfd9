using OrthancCloudFs.TestKit.Google;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.TestKit.Sites;

/// <summary>The providers' servers, each started by the first test that needs it and shared by all: each test makes a bucket of its own there.</summary>
public sealed class SharedServers : IAsyncDisposable
{
    private readonly Lazy<Task<CephGateway>> _ceph = new(CephGateway.StartAsync);
    private readonly Lazy<Task<AzuriteServer>> _azurite = new(AzuriteServer.StartAsync);
    private readonly Lazy<Task<FakeGoogleStorage>> _google = new(FakeGoogleStorage.StartAsync);

    public Task<CephGateway> CephAsync() => _ceph.Value;

    public Task<AzuriteServer> AzuriteAsync() => _azurite.Value;

    public Task<FakeGoogleStorage> GoogleAsync() => _google.Value;

    public async ValueTask DisposeAsync()
    {
        if (_ceph.IsValueCreated)
            await (await _ceph.Value).DisposeAsync();
        if (_azurite.IsValueCreated)
            await (await _azurite.Value).DisposeAsync();
        if (_google.IsValueCreated)
            await (await _google.Value).DisposeAsync();
    }
}
