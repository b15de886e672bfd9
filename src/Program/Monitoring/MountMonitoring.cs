using OrthancCloudFs.Attachments.Health;
using OrthancCloudFs.Program.Composition;
using OrthancCloudFs.Program.Kernel;

namespace OrthancCloudFs.Program.Monitoring;

/// <summary>What watches over one mount: the endpoint, where one is configured, and the probe that finds the end of an outage.</summary>
internal sealed class MountMonitoring : IAsyncDisposable
{
    private readonly RecoveryProbe _probe;
    private readonly MountMeter? _meter;
    private readonly MonitoringEndpoint? _endpoint;
    private volatile KernelMount? _mount;

    private MountMonitoring(int port, StorageComposition storage)
    {
        if (port > 0)
        {
            _endpoint = MonitoringEndpoint.Start(port, storage.Health.Report);
            _meter = new MountMeter(storage, () => _mount?.Counters);
        }

        _probe = new RecoveryProbe(storage.Bucket.SingleAttempts, storage.Layout.Prefix, storage.Bucket.Metered.Health);
    }

    /// <summary>Watches until it is disposed, before the storage is.</summary>
    /// <param name="port">Of 127.0.0.1; 0 for no endpoint.</param>
    /// <param name="storage">What is watched.</param>
    /// <exception cref="CommandException">The port is taken.</exception>
    public static MountMonitoring Start(int port, StorageComposition storage) => new(port, storage);

    /// <summary>From now on the kernel's requests are told of too.</summary>
    public void Watch(KernelMount mount) => _mount = mount;

    public async ValueTask DisposeAsync()
    {
        _endpoint?.Dispose();
        _meter?.Dispose();
        await _probe.DisposeAsync().ConfigureAwait(false);
    }
}
