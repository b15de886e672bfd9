using System.Runtime.Versioning;
using System.ServiceProcess;
using System.Text;
using Microsoft.Win32;
using OrthancCloudFs.Program.Service;
using OrthancCloudFs.TestKit;
using OrthancCloudFs.TestKit.Programs;
using OrthancCloudFs.TestKit.Sites;

namespace OrthancCloudFs.WinFspAdapter.Tests.Program;

/// <summary>
/// Adapter against a WinFsp stub under Wine: the published program from outside, with the stub where WinFsp's installer would have put the
/// library. There is nobody to play programs in its process, so nothing is stored here.
/// </summary>
[SupportedOSPlatform("windows")]
public sealed class PublishedProgramTests : IDisposable
{
    private const string InstallKey = @"SOFTWARE\WOW6432Node\WinFsp";
    private const string Library = "winfsp-x64.dll";

    private readonly SharedServers _servers = new(); // none is started
    private readonly DirectoryInfo _installed = Directory.CreateTempSubdirectory("winfsp-installed-");

    public PublishedProgramTests()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, Library), Path.Combine(_installed.CreateSubdirectory("bin").FullName, Library));
        using RegistryKey key = Registry.LocalMachine.CreateSubKey(InstallKey);
        key.SetValue("InstallDir", _installed.FullName + @"\");
    }

    [Fact]
    public async Task It_checks_mounts_in_the_background_says_how_it_is_and_unmounts()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(BucketKind.Local, _servers);
        CommandResult check = (await CloudFsProgram.RunAsync("check", "--config", site.Configuration)).Succeeded("check");
        Assert.Contains("ok       WinFsp: ", check.Output, StringComparison.Ordinal);
        Assert.Contains("ok       mount point: ", check.Output, StringComparison.Ordinal);

        await CloudFsProgram.MountAsync(site.Configuration);

        CloudFsStatus status = await CloudFsProgram.StatusAsync(site.MountPoint.ToUpperInvariant());
        Assert.Equal("green", status.Health.Status);
        CommandResult second = await CloudFsProgram.RunAsync("mount", "--config", site.Configuration);
        Assert.Equal(6, second.ExitCode);
        Assert.Contains("is mounted already", second.Errors, StringComparison.Ordinal);
        await CloudFsProgram.UnmountAsync(site.MountPoint);
        Assert.Equal(7, (await CloudFsProgram.RunAsync("status", site.MountPoint)).ExitCode);
        Assert.Contains("Unmounted", LogOf(site), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_WinFsp_it_says_in_one_line_what_to_install()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(BucketKind.Local, _servers);
        Registry.LocalMachine.DeleteSubKey(InstallKey);
        CommandResult mount = await CloudFsProgram.RunAsync("mount", "--config", site.Configuration);
        Assert.Equal(6, mount.ExitCode);
        string line = Assert.Single(mount.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.Contains("install WinFsp", line, StringComparison.Ordinal);
        CommandResult check = await CloudFsProgram.RunAsync("check", "--config", site.Configuration);
        Assert.Equal(6, check.ExitCode);
        Assert.Contains("FAILED   WinFsp: ", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mount_point_that_exists_is_refused_and_nothing_in_it_is_touched()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(BucketKind.Local, _servers);
        Directory.CreateDirectory(site.MountPoint);
        CommandResult mount = await CloudFsProgram.RunAsync("mount", "--config", site.Configuration);
        Assert.Equal(6, mount.ExitCode);
        Assert.Contains("exists already", mount.Errors, StringComparison.Ordinal);
        Assert.True(Directory.Exists(site.MountPoint));
    }

    [Fact]
    public async Task Check_warns_when_Orthanc_does_not_flush()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(BucketKind.Local, _servers, root => root["SyncStorageArea"] = false);
        CommandResult check = (await CloudFsProgram.RunAsync("check", "--config", site.Configuration)).Succeeded("check");
        string warning = Assert.Single(check.Output.Split('\n'), line => line.Contains("SyncStorageArea", StringComparison.Ordinal));
        Assert.StartsWith("warning", warning, StringComparison.Ordinal);
        Assert.Contains("journal", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_a_service_it_runs_when_it_is_mounted_before_what_depends_on_it_and_stops_cleanly()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(BucketKind.Local, _servers);
        string name = $"OrthancCloudFsTest{Random.Shared.Next()}", orthanc = $"OrthancTest{Random.Shared.Next()}";
        string folder = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(site.Configuration)!, "Orthanc Server")).FullName;
        File.Copy(site.Configuration, Path.Combine(folder, "orthanc.json"));
        using (var manager = new ServiceControlManager())
            manager.Create(orthanc, orthanc, "Stands for Orthanc's.", @"C:\windows\system32\cmd.exe");
        try
        {
            CommandResult installed = (await CloudFsProgram.RunAsync(
                "service", "install", "--config", folder + @"\", "--name", name, "--orthanc-service", orthanc)).Succeeded("install");
            Assert.Contains(orthanc, installed.Output, StringComparison.Ordinal);
            Assert.Equal([name], ServiceControlManager.FindDependencies(orthanc));
            Assert.True(HasEventSource(name));

            using var service = new ServiceController(name);
            service.Start();
            Await(service, ServiceControllerStatus.Running, site);
            Assert.Equal("green", (await CloudFsProgram.StatusAsync(site.MountPoint)).Health.Status);
            service.Stop();
            Await(service, ServiceControllerStatus.Stopped, site);
            Assert.Contains("Unmounted", LogOf(site), StringComparison.Ordinal);

            (await CloudFsProgram.RunAsync("service", "uninstall", "--name", name, "--orthanc-service", orthanc)).Succeeded("uninstall");
            Assert.Null(ServiceControlManager.FindDependencies(name));
            Assert.False(HasEventSource(name));
            Assert.Empty(ServiceControlManager.FindDependencies(orthanc)!);
        }
        finally
        {
            using var manager = new ServiceControlManager();
            manager.Delete(orthanc);
            manager.Delete(name);
        }
    }

    [Fact]
    public async Task A_service_whose_mount_fails_does_not_start()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(BucketKind.Local, _servers);
        string name = $"OrthancCloudFsTest{Random.Shared.Next()}";
        (await CloudFsProgram.RunAsync("service", "install", "--config", site.Configuration, "--name", name, "--orthanc-service", "NoSuchService")).Succeeded("install");
        try
        {
            File.Delete(site.KeyFile);
            using var service = new ServiceController(name);
            Assert.ThrowsAny<Exception>(() =>
            {
                service.Start();
                service.WaitForStatus(ServiceControllerStatus.Running, TimeSpan.FromSeconds(20));
            });
            service.Refresh();
            Assert.NotEqual(ServiceControllerStatus.Running, service.Status);
        }
        finally
        {
            (await CloudFsProgram.RunAsync("service", "uninstall", "--name", name)).Succeeded("uninstall");
        }
    }

    [Fact]
    public async Task A_service_is_not_installed_with_a_configuration_that_is_wrong()
    {
        await using WindowsSite site = await WindowsSite.CreateAsync(BucketKind.Local, _servers, root => root["OrthancCloudFs"]!["StagingMemory"] = "much");
        CommandResult installed = await CloudFsProgram.RunAsync("service", "install", "--config", site.Configuration, "--name", "OrthancCloudFsTestWrong");
        Assert.Equal(3, installed.ExitCode);
        Assert.Equal(7, (await CloudFsProgram.RunAsync("service", "uninstall", "--name", "OrthancCloudFsTestWrong")).ExitCode);
    }

    /// <summary>Waits for a state that the manager tells of; if it does not come, what the service said may say why.</summary>
    private static void Await(ServiceController service, ServiceControllerStatus state, WindowsSite site)
    {
        try
        {
            service.WaitForStatus(state, TimeSpan.FromMinutes(3));
        }
        catch (System.ServiceProcess.TimeoutException)
        {
            service.Refresh();
            Assert.Fail($"{service.Status} instead of {state}. Its log: {LogOf(site)}");
        }
    }

    private static string LogOf(WindowsSite site)
    {
        string path = Path.Combine(site.StateFolder, "orthanc-cloudfs.log");
        return File.Exists(path) ? Encoding.UTF8.GetString(SharedFile.ReadAllBytes(path)) : "(none)";
    }

    private static bool HasEventSource(string name)
    {
        using RegistryKey? source = Registry.LocalMachine.OpenSubKey($@"SYSTEM\CurrentControlSet\Services\EventLog\Application\{name}");
        return source is not null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Registry.LocalMachine.DeleteSubKey(InstallKey, throwOnMissingSubKey: false);
        _installed.Delete(recursive: true);
    }
}
