using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.EndToEnd.Tests.Support;

/// <summary>Ceph's gateway, started by the first test that needs it and shared by all: each makes a bucket of its own there.</summary>
public sealed class SharedGateway : IAsyncDisposable
{
    private readonly Lazy<Task<CephGateway>> _gateway = new(CephGateway.StartAsync);

    public Task<CephGateway> GetAsync() => _gateway.Value;

    public async ValueTask DisposeAsync()
    {
        if (_gateway.IsValueCreated)
            await (await _gateway.Value).DisposeAsync();
    }
}
