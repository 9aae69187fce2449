"""Scenarios: routes of CARLA's XML and OpenSCENARIO, whole ones, and the recorded routes one by one."""

import re

from tests.operators.agent.drive_given import SHARED

ROUTE = (
    '<route id="1" town="{town}"><weathers><weather route_percentage="0" cloudiness="{cloudiness}" precipitation="0"'
    ' sun_altitude_angle="{sun}"/></weathers><waypoints><position x="0" y="0" z="0"/><position x="300" y="0" z="0"/>'
    '<position x="300" y="{turn}" z="0"/></waypoints><scenarios><scenario name="a_1" type="{type}">'
    '<trigger_point x="5" y="0" z="0" yaw="0"/></scenario></scenarios></route>'
)

OPEN = """<?xml version="1.0" encoding="UTF-8"?>
<OpenSCENARIO>
  <FileHeader revMajor="1" revMinor="0" date="2024-01-31T00:00:00" description="cut in" author=""/>
  <ParameterDeclarations><ParameterDeclaration name="speed" parameterType="double" value="10"/></ParameterDeclarations>
  <CatalogLocations/>
  <RoadNetwork><LogicFile filepath="Town04"/></RoadNetwork>
  <Entities>
    <ScenarioObject name="hero"><Vehicle name="vehicle.lincoln" vehicleCategory="car"/></ScenarioObject>
    <ScenarioObject name="adversary"><Vehicle name="vehicle.tesla" vehicleCategory="car"/></ScenarioObject>
  </Entities>
  <Storyboard>
    <Init><Actions><Private entityRef="hero"><PrivateAction><LongitudinalAction><SpeedAction>
      <SpeedActionTarget><AbsoluteTargetSpeed value="$speed"/></SpeedActionTarget></SpeedAction></LongitudinalAction>
    </PrivateAction></Private></Actions></Init>
    <Story name="s"><Act name="a"><ManeuverGroup name="m"><Actors><EntityRef entityRef="adversary"/></Actors></ManeuverGroup>
    </Act></Story>
    <StopTrigger/>
  </Storyboard>
</OpenSCENARIO>"""


def carla(town="Town01", cloudiness="5", sun="45", turn="0", kind="Accident"):
    """A route without fault."""
    return ROUTE.format(town=town, cloudiness=cloudiness, sun=sun, turn=turn, type=kind)


def recorded():
    """The routes of CARLA's own files, each as a text."""
    files = [SHARED / "carla_leaderboard" / f"routes_{name}.xml" for name in ("devtest", "training", "validation")]
    texts = [path.read_text() for path in [*files, SHARED / "transfuser_longest6" / "longest6.xml"]]
    return [route for text in texts for route in re.findall(r"<route .*?</route>", text, re.DOTALL)]
