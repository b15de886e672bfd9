<#
.SYNOPSIS
Installs the built program (make build-windows) as a service of Windows that is there before Orthanc's.
.DESCRIPTION
As an administrator. Copies the program to its folder, checks the configuration, makes the service, and lets Orthanc's service depend on it. WinFsp has
an installer of its own: see docs/windows.md.
.EXAMPLE
.\Install.ps1 -Config 'C:\Program Files\Orthanc Server\Configuration'
#>
#Requires -RunAsAdministrator
[CmdletBinding()]
param(
    # Orthanc's configuration: a JSON file, or a folder of them.
    [Parameter(Mandatory = $true)] [string] $Config,
    # Where the program goes.
    [string] $Destination = (Join-Path $env:ProgramFiles 'OrthancCloudFs'),
    # The name of Orthanc's service.
    [string] $OrthancService = 'Orthanc',
    # The name of the new service.
    [string] $Name = 'OrthancCloudFs'
)
$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'Common.ps1')

$Config = $Config.TrimEnd('\') # behind a name with spaces, it would not reach the program as it is
$source = Join-Path $PSScriptRoot '..\..\bin\win-x64'
if (-not (Test-Path (Join-Path $source 'orthanc-cloudfs.exe'))) { throw "$source has no program: build it first (make build-windows), or copy it there" }
if (Get-Service $Name -ErrorAction SilentlyContinue) { throw "there is a service $Name already: remove it first (Remove.ps1)" }

New-Item -ItemType Directory -Force $Destination | Out-Null
Copy-Item -Recurse -Force (Join-Path $source '*') $Destination
$program = Join-Path $Destination 'orthanc-cloudfs.exe'
Invoke-Program $program check --config $Config
Invoke-Program $program service install --config $Config --name $Name --orthanc-service $OrthancService
Write-Host "Installed in $Destination; next: Mount.ps1"
