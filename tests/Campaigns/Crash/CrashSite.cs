using OrthancCloudFs.Campaigns.Load;
using OrthancCloudFs.TestKit.Programs;
using OrthancCloudFs.TestKit.Servers;
using OrthancCloudFs.TestKit.Sites;

namespace OrthancCloudFs.Campaigns.Crash;

/// <summary>
/// A gateway, a mount and a stock Orthanc, of which each can be killed. Orthanc's index lies in the storage directory, as Debian puts it: an
/// Orthanc whose mount has gone refuses everything, and is killed too before the mount comes back.
/// </summary>
internal sealed class CrashSite : IAsyncDisposable
{
    /// <summary>In MB: small, so that objects are read from the bucket, and large files do not fit a writer's share.</summary>
    private const int StagingMemory = 64;

    private readonly SharedServers _servers;
    private readonly CephGateway _gateway;
    private readonly CrashReport _report;
    private int _mountProcess;

    private CrashSite(SharedServers servers, CephGateway gateway, Site site, CrashReport report) =>
        (_servers, _gateway, Site, _report) = (servers, gateway, site, report);

    public Site Site { get; }

    /// <summary>Starts all three.</summary>
    public static async Task<CrashSite> StartAsync(string writeMode, CrashReport report)
    {
        var servers = new SharedServers();
        var setup = new SiteSetup
        {
            Bucket = BucketKind.Ceph,
            StagingMemory = StagingMemory,
            WriteMode = writeMode == "Through" ? null : writeMode,
        };
        try
        {
            Site site = await Site.StartAsync(setup, servers);
            return new CrashSite(servers, await servers.CephAsync(), site, report)
            {
                _mountProcess = (await site.StatusAsync()).ProcessId,
            };
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <summary>kill -9, in random order.</summary>
    public async Task KillAsync(Victims victims, Random random)
    {
        Victims[] order = [.. Each(victims)];
        random.Shuffle(order);
        foreach (Victims victim in order)
        {
            _report.CountKill(victim);
            await (victim switch
            {
                Victims.Mount => CloudFsProgram.KillAsync(_mountProcess),
                Victims.Orthanc => Site.KillOrthancAsync(),
                _ => _gateway.KillAsync(),
            });
        }
    }

    /// <summary>Starts again what was killed, and what cannot live without it.</summary>
    public async Task RestoreAsync(Victims victims)
    {
        if (victims.HasFlag(Victims.Gateway))
        {
            await _gateway.RestartAsync();
            _report.CountRestart();
        }

        if (victims.HasFlag(Victims.Mount))
        {
            if (Site.Orthanc is not null)
                await Site.KillOrthancAsync();
            await MountAsync();
        }

        if (Site.Orthanc is null)
            await StartOrthancAsync();
    }

    /// <summary>Forgets everything that is only in memory, in the regular way.</summary>
    public async Task RemountAsync()
    {
        await Site.StopOrthancAsync();
        await Site.UnmountAsync();
        await MountAsync();
        await StartOrthancAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Site.DisposeAsync();
        await _servers.DisposeAsync();
    }

    private static IEnumerable<Victims> Each(Victims victims) =>
        new[] { Victims.Mount, Victims.Orthanc, Victims.Gateway }.Where(victim => victims.HasFlag(victim));

    private async Task MountAsync()
    {
        await Site.MountAsync();
        _mountProcess = (await Site.StatusAsync()).ProcessId;
        _report.CountRestart();
    }

    private async Task StartOrthancAsync()
    {
        await Site.StartOrthancAsync();
        _report.CountRestart();
    }
}
