/** The planning screens of the gallery. */
import { mount, type Component, type ComponentProps } from 'svelte';
import CoverageBoard from '../src/screens/CoverageBoard.svelte';
import PlannerFrame from './PlannerFrame.svelte';
import { coverage, fillers } from './planner_samples';
import { rosterRows } from './samples';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any component, whatever its props
function show<C extends Component<any>>(screen: C, given: ComponentProps<C>) {
  return (target: HTMLElement) => void mount(PlannerFrame, { target, props: { screen, given } });
}

const added = () => Promise.resolve(undefined);

/** Opens what the picture is of, once the screen stands. */
function opened(draw: (target: HTMLElement) => void, ...path: string[]) {
  return (target: HTMLElement) => {
    draw(target);
    path.forEach((selector, step) =>
      setTimeout(() => target.querySelector<HTMLElement>(selector)?.click(), 60 + step * 60),
    );
  };
}

const board = (languages: number, spoken = 40) => show(CoverageBoard, {
  view: coverage(languages, spoken),
  mediators: rosterRows(),
  onlook: (language: string, hour: number) => Promise.resolve(fillers(language, hour)),
  onadd: added,
});

export const PLANNER_SCREENS: Record<string, (target: HTMLElement) => void> = {
  coverage: board(60),
  /** All speak, so that all 60 rows are shown. */
  'coverage-all': board(60, 60),
  'coverage-fill': opened(board(60), '[data-row="1"][data-column="4"]', '[data-testid=filler]'),
};
